import type { Route } from '../../contract.js'
import {
  actorInHeaders,
  addressOf,
  pathOf,
  type Act,
  type Caller,
  type Example,
} from './example.js'
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

/** The modules of Python that a program needs, and the one that it is about. */
const imports = ({ hasToken, hasShareToken }: Caller, library: string) =>
  `import asyncio\n${hasToken || hasShareToken ? 'import os\n' : ''}\nimport ${library}\n`

const secret = (name: string) => `os.environ["${name}"]`

/** A dictionary of texts, some of which are expressions. */
const dictionary = (entries: readonly (readonly [name: string, expression: string])[]) =>
  `{${entries.map(([name, expression]) => `"${name}": ${expression}`).join(', ')}}`

/** What follows the address in \`connect\`. */
function connectOptions(caller: Caller, session_id: string | undefined): string {
  const { actor, hasToken, hasShareToken } = caller
  const { path } = addressOf(caller)
  const auth = [
    ...(session_id === undefined ? [] : [['session_id', py(session_id, 0)] as const]),
    ...(actor ? [['actor', py(actor, 0)] as const] : []),
    ...(hasToken ? [['token', secret('TALUS_TOKEN')] as const] : []),
    ...(hasShareToken ? [['share_token', secret('TALUS_SHARE_TOKEN')] as const] : []),
  ]
  return [
    ...(session_id === undefined ? [] : [', namespaces=["/graph"]']),
    ...(path === '' ? [] : [`, socketio_path="${path}/socket.io"`]),
    ...(auth.length === 0 ? [] : [`, auth=${dictionary(auth)}`]),
  ].join('')
}

function bySocket(
  { name, payload, graph }: Extract<Act, { kind: 'request' }>,
  caller: Caller,
): string {
  const session_id = payload?.['session_id']
  const isJoined = name !== 'join_session' && session_id !== undefined && graph === undefined
  const over = graph === undefined ? '' : ', namespace="/graph"'
  const before = [
    'socket = socketio.AsyncClient()',
    ...(payload === undefined
      ? ['pong = asyncio.Event()', `socket.on("pong", lambda: pong.set()${over})`]
      : []),
    `await socket.connect("${addressOf(caller).origin}"${connectOptions(caller, graph)})`,
    ...(isJoined ? [`await socket.call("join_session", ${at(1, { session_id })})`] : []),
  ]
  const call =
    payload === undefined
      ? [`await socket.emit("${name}"${over})`, 'await pong.wait()', 'print("pong")']
      : [`answer = await socket.call("${name}", ${at(1, payload)}${over})`, 'print(answer)']
  return `${imports(caller, 'socketio')}

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

function byHttp({ route, prefix }: Extract<Act, { kind: 'route' }>, caller: Caller): string {
  const { method } = route
  const { origin, path } = addressOf(caller)
  const { id, name } = actorInHeaders(caller)
  const headers = [
    ...(id === undefined ? [] : [['x-actor-id', py(id, 0)] as const]),
    ...(name === undefined ? [] : [['x-actor-name', py(name, 0)] as const]),
    ...(caller.hasToken
      ? [['authorization', `"Bearer " + ${secret('TALUS_TOKEN')}`] as const]
      : []),
    ...(caller.hasShareToken ? [['x-share-token', secret('TALUS_SHARE_TOKEN')] as const] : []),
  ]
  const identity = headers.length === 0 ? '' : `, headers=${dictionary(headers)}`
  const url = `"${path}${prefix}${pathOf(route)}"`
  const call = `http.${method.toLowerCase()}(${url}${bodyOf(route)})`
  return `${imports(caller, 'aiohttp')}

async def main() -> None:
    async with aiohttp.ClientSession("${origin}"${identity}) as http:
${indented([`async with ${call} as response:`], 2)}
            print(response.status, await response.json())


asyncio.run(main())
`
}

/** With python-socketio, or aiohttp. */
export function pythonExample(act: Act, caller: Caller): Example {
  const code = act.kind === 'route' ? byHttp(act, caller) : bySocket(act, caller)
  return { label: 'Python', language: 'python', code }
}
