import type { Route } from '../../contract.js'
import { pathOf, SERVER, type Act, type Example } from './example.js'
import { literal } from './literal.js'

const INDENT = 4
const py = (value: unknown, indent: number) => literal(value, 'python', indent)

const indented = (lines: readonly string[], depth = 1) =>
  lines
    .flatMap((line) => line.split('\n'))
    .map((line) => (line === '' ? '' : ' '.repeat(INDENT * depth) + line))
    .join('\n')

/** A call with its literal broken as deep as the line is. */
const at = (depth: number, value: unknown) =>
  py(value, depth * INDENT).replaceAll(`\n${' '.repeat(depth * INDENT)}`, '\n')

function bySocket({ name, payload }: Extract<Act, { kind: 'request' }>): string {
  const session_id = payload?.['session_id']
  const isJoined = name !== 'join_session' && session_id !== undefined
  const before = [
    'socket = socketio.AsyncClient()',
    ...(payload === undefined
      ? ['pong = asyncio.Event()', 'socket.on("pong", lambda: pong.set())']
      : []),
    `await socket.connect("${SERVER}")`,
    ...(isJoined ? [`await socket.call("join_session", ${at(1, { session_id })})`] : []),
  ]
  const call =
    payload === undefined
      ? [`await socket.emit("${name}")`, 'await pong.wait()', 'print("pong")']
      : [`answer = await socket.call("${name}", ${at(1, payload)})`, 'print(answer)']
  return `import asyncio

import socketio


async def main() -> None:
${indented([...before, ...call, 'await socket.disconnect()'])}


asyncio.run(main())
`
}

/** Without a body, aiohttp would name a type of it all the same, which the server refuses. */
function bodyOf({ method, body, example }: Route): string {
  if (body !== undefined) return `, json=${at(2, example.body ?? {})}`
  return method === 'POST' ? ', skip_auto_headers=["Content-Type"]' : ''
}

function byHttp({ route, prefix }: Extract<Act, { kind: 'route' }>): string {
  const { method } = route
  const url = `"${prefix}${pathOf(route)}"`
  const call = `http.${method.toLowerCase()}(${url}${bodyOf(route)})`
  return `import asyncio

import aiohttp


async def main() -> None:
    async with aiohttp.ClientSession("${SERVER}") as http:
${indented([`async with ${call} as response:`], 2)}
            print(response.status, await response.json())


asyncio.run(main())
`
}

/** With python-socketio, or aiohttp. */
export function pythonExample(act: Act): Example {
  const code = act.kind === 'route' ? byHttp(act) : bySocket(act)
  return { label: 'Python', language: 'python', code }
}
