import {
  checkJson,
  CLIENT_EVENTS,
  fail,
  type JsonLimits,
  MAX_PRESENCE_BYTES,
  ok,
  type ClientAck,
  type Presence,
  type PresenceState,
  type Result,
} from '@talus/protocol'
import { refusal } from '../../dispatch/failures.js'
import type { Caller } from '../../gate/caller.js'
import { admit, authorise } from '../../gate/gate.js'
import { withoutNodes } from '../../presence/named-nodes.js'
import type { Allowance } from '../../limits/allowances.js'
import { presenceOf, type PresenceText } from '../../presence/presence-room.js'
import type { SocketServices } from './services.js'

/** What an update says, who sends it, and for whom it counts. */
export type PresenceUpdate = {
  client_id: string
  caller: Caller
  payload: unknown
  user: Allowance
}

/** What the presence of all may take in `joined`, beside the entries of a resume (rule SYNC4). */
const MAX_JOINED_BYTES = 90_000

function notJoined(session_id: string | undefined) {
  return fail('BAD_REQUEST', 'Join the session before you update your presence in it', [
    {
      path: '/session_id',
      expected: 'the id of a session that this client has joined',
      actual: session_id ?? 'nothing',
    },
  ])
}

/** The state as JSON. Errors: BAD_REQUEST, LIMIT_EXCEEDED. */
function textOf(state: PresenceState, limits: JsonLimits): Result<string> {
  const plain = checkJson(state, '/state', limits)
  if (!plain.ok) return plain
  const text = JSON.stringify(state)
  const bytes = Buffer.byteLength(text)
  if (bytes <= MAX_PRESENCE_BYTES) return ok(text)
  return fail('LIMIT_EXCEEDED', 'The presence state is too large', [
    { path: '/state', expected: `at most ${MAX_PRESENCE_BYTES} bytes of JSON`, actual: bytes },
  ])
}

/** Answers `update_presence` on both namespaces (rules PRES1 to PRES3). */
export async function updatePresence(
  { access, hub, presence, sessions, json }: SocketServices,
  { client_id, caller, payload, user }: PresenceUpdate,
): Promise<ClientAck<'update_presence'>> {
  const { requires, payload: schema } = CLIENT_EVENTS.update_presence
  const admitted = admit({ caller, requires, schema, payload })
  if (!admitted.ok) return refusal(admitted.error)
  const { session_id, state } = admitted.value
  const isMember = () => session_id !== undefined && hub.has(session_id, client_id)
  if (session_id === undefined || !isMember()) return refusal(notJoined(session_id).error)
  const checked = state === null ? ok(null) : textOf(state, json)
  if (!checked.ok) return refusal(checked.error)
  const session = await sessions.get(session_id)
  if (!session.ok) return refusal(session.error)
  // It may have left meanwhile, and would then stay for ever.
  if (!isMember()) return refusal(notJoined(session_id).error)
  const authorised = authorise(access.now(caller), requires)
  if (!authorised.ok) return refusal(authorised.error)
  const { actor } = caller
  if (state === null || checked.value === null) {
    presence.clear(session_id, { client_id, actor })
    return { ok: true }
  }
  const living = withoutNodes(state, (id) => session.value.isDeleted(id))
  const text = living === state ? checked.value : JSON.stringify(living)
  const update = { presence: { client_id, actor, state: living }, text, user }
  const refused = presence.update(session_id, update)
  return refused ? refusal(refused) : { ok: true }
}

/** Divides what a joiner has to know: what `joined` has room for, and what has to follow it. */
export function splitForJoined(everybody: readonly PresenceText[]): {
  fitting: Presence[]
  rest: PresenceText[]
} {
  const fitting: Presence[] = []
  const rest: PresenceText[] = []
  let left = MAX_JOINED_BYTES
  for (const presence of everybody) {
    const { text, actor, client_id } = presence
    // What is measured is what is in `joined`, with the names of the fields.
    left -=
      Buffer.byteLength(JSON.stringify({ client_id, actor, state: 0 })) + Buffer.byteLength(text)
    if (left >= 0) fitting.push(presenceOf(presence))
    else rest.push(presence)
  }
  return { fitting, rest }
}
