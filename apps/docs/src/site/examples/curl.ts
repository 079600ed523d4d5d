import type { Contract } from '../../contract.js'
import { actorInHeaders, pathOf, type Act, type Caller, type Example } from './example.js'

/** Requests that REST has as well, with the route that takes them. */
const ROUTES: Record<string, string> = {
  execute_command: 'ExecuteCommandRoute',
  preview_command: 'PreviewCommandRoute',
  undo_command: 'UndoRoute',
  redo_command: 'RedoRoute',
}

/** The same by REST: a body where the route takes one, the rest of the payload in its path. */
export function asRoute(act: Act, contract: Contract): Extract<Act, { kind: 'route' }> | undefined {
  if (act.kind === 'route') return act
  const key = ROUTES[act.name] ?? ''
  const route = contract.rest.routes[key]
  if (route === undefined) return undefined
  const { session_id = act.graph, ...rest } = act.payload ?? {}
  const inPath = route.path.includes('{session_id}')
  const example = inPath
    ? { params: { session_id }, body: rest }
    : { body: { session_id, ...rest } }
  return { kind: 'route', key, route: { ...route, example }, prefix: contract.rest.prefix }
}

/** In single quotes nothing means anything to a shell, but the quote itself. */
const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`

function json(value: unknown): string {
  const line = JSON.stringify(value)
  return line.length <= 60 ? line : JSON.stringify(value, null, 2)
}

/** The headers that say who asks, as curl takes them; variables of the shell are in double quotes. */
function identity(caller: Caller): string[] {
  const { hasToken, hasShareToken } = caller
  const { id, name } = actorInHeaders(caller)
  return [
    ...(id !== undefined ? [`-H ${quoted(`x-actor-id: ${id}`)}`] : []),
    ...(name !== undefined ? [`-H ${quoted(`x-actor-name: ${name}`)}`] : []),
    ...(hasToken ? ['-H "authorization: Bearer $TALUS_TOKEN"'] : []),
    ...(hasShareToken ? ['-H "x-share-token: $TALUS_SHARE_TOKEN"'] : []),
  ]
}

/** With curl; undefined where REST has nothing like it. */
export function curlExample(act: Act, contract: Contract, caller: Caller): Example | undefined {
  const asked = asRoute(act, contract)
  if (asked === undefined) return undefined
  const { method, body, example } = asked.route
  const parts = [
    `curl -s${method === 'GET' ? '' : ` -X ${method}`} ${quoted(caller.server + asked.prefix + pathOf(asked.route))}`,
    ...identity(caller),
    ...(body === undefined
      ? []
      : [`-H 'content-type: application/json'`, `-d ${quoted(json(example.body ?? {}))}`]),
  ]
  return { label: 'curl', language: 'bash', code: `${parts.join(' \\\n  ')}\n` }
}
