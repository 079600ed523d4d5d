import { permits } from '@talus/graph'
import {
  type Ack,
  checkJson,
  CLIENT_EVENTS,
  type ClientAck,
  fail,
  type Failure,
  type JsonLimits,
  MAX_PRESENCE_BYTES,
  ok,
  type Presence,
  type PresenceState,
  type Preview,
  type Result,
} from '@talus/protocol'
import { admit, authorise } from '../auth/access.js'
import type { Caller } from '../auth/identity.js'
import { MAX_MESSAGE_BYTES } from '../broadcast/packets.js'
import { refusal } from '../errors.js'
import { previewJson } from '../http/json.js'
import type { Allowance } from '../limits/socket-limits.js'
import type { EntryPoint } from '../observability/audit.js'
import { presenceOf, type PresenceText, withoutNodes } from '../presence/room.js'
import type { Dispatcher } from '../session/dispatcher.js'
import { loopTurns, takeTurn } from '../turns.js'
import type { Handlers, SocketServices } from './requests.js'

const TOO_LARGE: Failure = {
  code: 'LIMIT_EXCEEDED',
  message: 'The preview is larger than a message may be',
  details: [
    {
      path: '',
      expected: `a preview of at most ${MAX_MESSAGE_BYTES.toLocaleString('en')} bytes`,
      hint: 'ask for it by POST /commands/preview',
    },
  ],
}

/** Finds the caller of a payload, and completes the payload, e.g. with the handshake's session. */
type AddressPayload = (payload: unknown) => Addressed | Promise<Addressed>

export type Addressed = { caller: Caller; payload: unknown }

/** The payload with its caller, at once when the caller is known. */
export function addressedBy(
  caller: Caller | Promise<Caller>,
  payload: unknown,
): Addressed | Promise<Addressed> {
  return caller instanceof Promise
    ? caller.then((known) => ({ caller: known, payload }))
    : { caller, payload }
}

/** A preview as it may be sent: nothing is larger than a message (rule SYNC4). */
async function fitting(preview: Preview): Promise<Preview> {
  if (!preview.ok) return preview
  let chars = 0
  for (const piece of previewJson(preview)) {
    chars += piece.length
    if (chars > MAX_MESSAGE_BYTES) return refusal(TOO_LARGE, preview.command_id)
    if (loopTurns.isOver()) await takeTurn()
  }
  return preview
}

type CommandEvent = 'execute_command' | 'preview_command' | 'undo_command' | 'redo_command'

/** The command events, which both namespaces take alike. */
export function commandHandlers(
  dispatcher: Dispatcher,
  via: EntryPoint,
  address: AddressPayload,
): Handlers<CommandEvent> {
  async function reverted(kind: 'undo' | 'redo', sent: unknown): Promise<Ack> {
    const found = address(sent)
    const { caller, payload } = found instanceof Promise ? await found : found
    return dispatcher.revert(kind, { via, caller, payload })
  }
  return {
    // What comes in one after the other is executed in that order: nothing is awaited that is known.
    execute_command: async (sent, bytes) => {
      const found = address(sent)
      const { caller, payload } = found instanceof Promise ? await found : found
      return dispatcher.execute({ via, caller, payload, bytes })
    },
    preview_command: async (sent, bytes) =>
      fitting(await dispatcher.preview({ via, bytes, ...(await address(sent)) })),
    undo_command: (sent) => reverted('undo', sent),
    redo_command: (sent) => reverted('redo', sent),
  }
}

/** What an update says, who sends it, and for whom it counts. */
type PresenceRequest = {
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
function stateText(state: PresenceState, limits: JsonLimits): Result<string> {
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
  { client_id, caller, payload, user }: PresenceRequest,
): Promise<ClientAck<'update_presence'>> {
  const { requires, payload: schema } = CLIENT_EVENTS.update_presence
  const admitted = admit({ caller, requires, schema, payload })
  if (!admitted.ok) return refusal(admitted.error)
  const { session_id, state } = admitted.value
  const isMember = () => session_id !== undefined && hub.has(session_id, client_id)
  if (session_id === undefined || !isMember()) return refusal(notJoined(session_id).error)
  const checked = state === null ? ok(null) : stateText(state, json)
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

/** Takes back the presence of a client whose role does not show any (rule PRES5). */
export function hideWithRole(
  presence: SocketServices['presence'],
  { session_id, client_id, caller }: { session_id: string; client_id: string; caller: Caller },
): void {
  const { requires } = CLIENT_EVENTS.update_presence
  if (permits(caller.role, requires)) return
  presence.clear(session_id, { client_id, actor: caller.actor })
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
