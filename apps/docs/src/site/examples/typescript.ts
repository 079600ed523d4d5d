import { camelCase, routeType } from '../../names.js'
import { SERVER, type Act, type Example, type Payload } from './example.js'
import { literal } from './literal.js'

const js = (value: unknown, indent = 0) => literal(value, 'javascript', indent)

/** What a session of the SDK does for a request; null where the SDK sends it by itself. */
const CALLS: Record<string, ((payload: Payload) => string) | null> = {
  authenticate: null,
  join_session: null,
  leave_session: null,
  ping: null,
  execute_command: ({ command_type, data }) =>
    `const answer = await session.execute(${js(command_type)}, ${js(data)})\nconsole.log(answer)`,
  preview_command: ({ command_type, data }) =>
    `const answer = await session.preview(${js(command_type)}, ${js(data)})\nconsole.log(answer)`,
  undo_command: () => `const answer = await session.undo()\nconsole.log(answer)`,
  redo_command: () => `const answer = await session.redo()\nconsole.log(answer)`,
  update_presence: ({ state }) =>
    `session.presence.update(${js(state)})\nconsole.log(session.presence.mine)`,
}

function inSession(name: string, payload: Payload): string | undefined {
  const call = CALLS[name]
  if (call === undefined) throw new Error(`Nobody has said how the SDK does ${name}`)
  // The SDK asks its `token` function ahead of expiry, and presents the next token by itself.
  if (name === 'ping' || name === 'authenticate') return undefined
  const join = `const session = await client.join(${js(payload['session_id'])})`
  const leave = name === 'leave_session' ? 'await session.leave()\n' : ''
  const body = call?.(payload) ?? 'console.log(session.joined)'
  return `import { connect } from '@talus/client'

const client = connect('${SERVER}')
${join}

${body}
${leave}client.close()
`
}

function byRest(act: Extract<Act, { kind: 'route' }>): string {
  const { params, query, body } = act.route.example
  const address = params || query ? [{ ...(params as object), ...(query as object) }] : []
  const given = [...address, ...(act.route.body === undefined ? [] : [body ?? {}])]
  const method = camelCase(routeType(act.key))
  return `import { rest } from '@talus/client'

const api = rest('${SERVER}')
const answer = await api.${method}(${given.map((one) => js(one)).join(', ')})
console.log(answer)
`
}

/** With the SDK; undefined where it has no call for it. */
export function typescriptExample(act: Act): Example | undefined {
  const code = act.kind === 'route' ? byRest(act) : inSession(act.name, act.payload ?? {})
  return code === undefined ? undefined : { label: 'TypeScript', language: 'ts', code }
}
