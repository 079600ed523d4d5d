import { pathOf, SERVER, type Act, type Example } from './example.js'
import { literal } from './literal.js'

const js = (value: unknown, indent = 0) => literal(value, 'javascript', indent)

function bySocket({ name, payload }: Extract<Act, { kind: 'request' }>): string {
  const session_id = payload?.['session_id']
  const isJoined = name !== 'join_session' && session_id !== undefined
  const join = isJoined ? `await socket.emitWithAck('join_session', ${js({ session_id })})\n` : ''
  const call =
    payload === undefined
      ? // It carries nothing, and its answer is an event.
        `socket.emit('${name}')
await new Promise((resolve) => socket.once('pong', resolve))
console.log('pong')`
      : `const answer = await socket.emitWithAck('${name}', ${js(payload)})
console.log(answer)`
  return `import { io } from 'socket.io-client'

const socket = io('${SERVER}')
${join}${call}
socket.close()
`
}

function byFetch({ route, prefix }: Extract<Act, { kind: 'route' }>): string {
  const url = `'${SERVER}${prefix}${pathOf(route)}'`
  const { method, body, example } = route
  const options = [
    ...(method === 'GET' ? [] : [`  method: '${method}',`]),
    ...(body === undefined
      ? []
      : [
          `  headers: { 'content-type': 'application/json' },`,
          `  body: JSON.stringify(${js(example.body ?? {}, 2)}),`,
        ]),
  ]
  const init = options.length === 0 ? '' : `, {\n${options.join('\n')}\n}`
  return `const response = await fetch(${url}${init})
console.log(response.status, await response.json())
`
}

/** Without the SDK: plain Socket.IO, or `fetch`. */
export function javascriptExample(act: Act): Example {
  const code = act.kind === 'route' ? byFetch(act) : bySocket(act)
  return { label: 'JavaScript', language: 'js', code }
}
