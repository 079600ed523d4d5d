import { camelCase, routeType } from '../../names.js'
import type { Act, Caller, Example, Payload } from './example.js'
import { literal } from './literal.js'

const js = (value: unknown, indent = 0) => literal(value, 'javascript', indent)

/** What may be said beside, as the last argument of a call; nothing where nothing is. */
function besides(options: Payload, comma = ', '): string {
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  return given.length === 0 ? '' : `${comma}${js(Object.fromEntries(given))}`
}

const undoOptions = ({ command_id, scope, force, target_command_id }: Payload) =>
  besides({ commandId: command_id, scope, force, targetCommandId: target_command_id }, '')

/** What a session of the SDK does for a request; null where the SDK sends it by itself. */
const CALLS: Record<string, ((payload: Payload) => string) | null> = {
  authenticate: null,
  join_session: null,
  leave_session: null,
  ping: null,
  execute_command: ({ command_type, data, label, command_id }) =>
    `const answer = await session.execute(${js(command_type)}, ${js(data)}${besides({ label, commandId: command_id })})\nconsole.log(answer)`,
  preview_command: ({ command_type, data }) =>
    `const answer = await session.preview(${js(command_type)}, ${js(data)})\nconsole.log(answer)`,
  undo_command: (payload) =>
    `const answer = await session.undo(${undoOptions(payload)})\nconsole.log(answer)`,
  redo_command: (payload) =>
    `const answer = await session.redo(${undoOptions(payload)})\nconsole.log(answer)`,
  update_presence: ({ state }) =>
    `session.presence.${state === null ? 'clear()' : `update(${js(state)})`}\nconsole.log(session.presence.mine)`,
}

/** The second argument of `connect` and of `rest`. */
function clientOptions({ actor, hasToken, hasShareToken }: Caller): string {
  const parts = [
    ...(actor ? [`actor: ${js(actor)}`] : []),
    ...(hasToken ? [`token: process.env.TALUS_TOKEN ?? ''`] : []),
    ...(hasShareToken ? [`shareToken: process.env.TALUS_SHARE_TOKEN ?? ''`] : []),
  ]
  return parts.length === 0 ? '' : `, { ${parts.join(', ')} }`
}

type Request = Extract<Act, { kind: 'request' }>

function inSession({ name, payload = {}, graph }: Request, caller: Caller): string | undefined {
  const call = CALLS[name]
  if (call === undefined) throw new Error(`Nobody has said how the SDK does ${name}`)
  // The SDK asks its `token` function ahead of expiry, and presents the next token by itself.
  if (name === 'ping' || name === 'authenticate') return undefined
  const join = `const session = await client.join(${js(payload['session_id'] ?? graph)})`
  const leave = name === 'leave_session' ? 'await session.leave()\n' : ''
  const body = call?.(payload) ?? 'console.log(session.joined)'
  return `import { connect } from '@talus/client'

const client = connect('${caller.server}'${clientOptions(caller)})
${join}

${body}
${leave}client.close()
`
}

function byRest(act: Extract<Act, { kind: 'route' }>, caller: Caller): string {
  const { params, query, body } = act.route.example
  const address = params || query ? [{ ...(params as object), ...(query as object) }] : []
  const given = [...address, ...(act.route.body === undefined ? [] : [body ?? {}])]
  const method = camelCase(routeType(act.key))
  return `import { rest } from '@talus/client'

const api = rest('${caller.server}'${clientOptions(caller)})
const answer = await api.${method}(${given.map((one) => js(one)).join(', ')})
console.log(answer)
`
}

/** With the SDK; undefined where it has no call for it. */
export function typescriptExample(act: Act, caller: Caller): Example | undefined {
  const code = act.kind === 'route' ? byRest(act, caller) : inSession(act, caller)
  return code === undefined ? undefined : { label: 'TypeScript', language: 'ts', code }
}
