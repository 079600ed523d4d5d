import {
  actorInHeaders,
  addressOf,
  pathOf,
  type Act,
  type Caller,
  type Example,
} from './example.js'
import { literal } from './literal.js'

const js = (value: unknown, indent = 0) => literal(value, 'javascript', indent)

/** What is in the environment, as the value of a field. */
const secret = (name: string) => `process.env.${name}`

/** The second argument of `io`; nothing where there is nothing to say. */
function ioOptions(caller: Caller, session_id: string | undefined): string {
  const { actor, hasToken, hasShareToken } = caller
  const { path } = addressOf(caller)
  const auth = [
    ...(session_id === undefined ? [] : [`session_id: ${js(session_id)}`]),
    ...(actor ? [`actor: ${js(actor)}`] : []),
    ...(hasToken ? [`token: ${secret('TALUS_TOKEN')}`] : []),
    ...(hasShareToken ? [`share_token: ${secret('TALUS_SHARE_TOKEN')}`] : []),
  ]
  const parts = [
    ...(path === '' ? [] : [`path: ${js(`${path}/socket.io`)}`]),
    ...(auth.length === 0 ? [] : [`auth: { ${auth.join(', ')} }`]),
  ]
  return parts.length === 0 ? '' : `, { ${parts.join(', ')} }`
}

type Request = Extract<Act, { kind: 'request' }>

function bySocket({ name, payload, graph }: Request, caller: Caller): string {
  const session_id = payload?.['session_id']
  const isJoined = name !== 'join_session' && session_id !== undefined && graph === undefined
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

const socket = io('${addressOf(caller).origin}${graph === undefined ? '' : '/graph'}'${ioOptions(caller, graph)})
${join}${call}
socket.close()
`
}

type Routed = Extract<Act, { kind: 'route' }>

function byFetch({ route, prefix }: Routed, caller: Caller): string {
  const url = `'${caller.server}${prefix}${pathOf(route)}'`
  const { method, body, example } = route
  const { id, name } = actorInHeaders(caller)
  const headers = [
    ...(body === undefined ? [] : [`'content-type': 'application/json'`]),
    ...(id === undefined ? [] : [`'x-actor-id': ${js(id)}`]),
    ...(name === undefined ? [] : [`'x-actor-name': ${js(name)}`]),
    ...(caller.hasToken ? [`authorization: \`Bearer \${${secret('TALUS_TOKEN')}}\``] : []),
    ...(caller.hasShareToken ? [`'x-share-token': ${secret('TALUS_SHARE_TOKEN')}`] : []),
  ]
  const options = [
    ...(method === 'GET' ? [] : [`  method: '${method}',`]),
    ...(headers.length === 0 ? [] : [`  headers: { ${headers.join(', ')} },`]),
    ...(body === undefined ? [] : [`  body: JSON.stringify(${js(example.body ?? {}, 2)}),`]),
  ]
  const init = options.length === 0 ? '' : `, {\n${options.join('\n')}\n}`
  return `const response = await fetch(${url}${init})
console.log(response.status, await response.json())
`
}

/** Without the SDK: plain Socket.IO, or `fetch`. */
export function javascriptExample(act: Act, caller: Caller): Example {
  const code = act.kind === 'route' ? byFetch(act, caller) : bySocket(act, caller)
  return { label: 'JavaScript', language: 'js', code }
}
