import type {
  CLIENT_EVENTS,
  ClientAck,
  ClientToServerEvents,
  ErrorBody,
  GraphClientToServerEvents,
  GraphServerToClientEvents,
  ServerToClientEvents,
} from '@talus/protocol'
import type { Socket } from 'socket.io'
import { errorBody, refusal } from '../../dispatch/failures.js'
import type { SocketMeter } from '../../gate/rate-limits.js'
import { concernedBy } from '../../observability/concerned.js'
import type { Faults } from '../../observability/faults.js'
import { unexpected } from '../unexpected.js'

/** A socket on `/`, and one on `/graph`, by the contract. */
export type RootSocket = Socket<ClientToServerEvents, ServerToClientEvents>
export type GraphSocket = Socket<GraphClientToServerEvents, GraphServerToClientEvents>

type Answer = undefined | { ok: true } | { ok: false; error: ErrorBody }

type ClientEvent = keyof typeof CLIENT_EVENTS

/** One handler for each event: it gets whatever came in, and gives what the contract answers. */
export type Handlers<Names extends ClientEvent> = {
  [Name in Names]: (payload: unknown) => Promise<ClientAck<Name>> | ClientAck<Name>
}

/** What counts as a command (rule LIM6). */
const COMMANDS: ReadonlySet<unknown> = new Set<ClientEvent>([
  'execute_command',
  'preview_command',
  'undo_command',
  'redo_command',
])

type Handler = (payload: unknown) => Promise<Answer> | Answer

/** What is told of a socket's requests: faults of the server, what was refused, and how many. */
export type RequestWatch = {
  faults: Faults
  onRefused: (asked: string, error: ErrorBody, payload: unknown) => void
  meter: SocketMeter
  /** Bytes of the event that is handed over now. Called once for each. */
  messageBytes: () => number
  /** More comes in than can even be refused. */
  onFlood: () => void
}

type Ack = (answer: unknown) => void

/** What a client is told of a fault of the server; the log has the rest. */
type OnFault = (err: unknown) => Answer

function split(args: readonly unknown[]): { payload: unknown; ack: Ack | undefined } {
  const last = args.at(-1)
  const ack = typeof last === 'function' ? (last as Ack) : undefined
  const payload = args.length > (ack ? 1 : 0) ? args[0] : undefined
  return { payload, ack }
}

function unknownEvent(name: unknown, known: readonly string[]): Answer {
  const shown = typeof name === 'string' ? name.slice(0, 80) : String(name)
  return {
    ok: false,
    error: {
      code: 'BAD_REQUEST',
      message: `Unknown event '${shown}'`,
      details: [{ path: '', expected: `one of ${known.join(', ')}`, actual: shown }],
      retryable: false,
    },
  }
}

/** Tells `tell` what the handler answers, at once if it does. */
function run(
  handler: () => Promise<Answer> | Answer,
  tell: (answer: Answer) => void,
  { onFault, meter, bytes }: { onFault: OnFault; meter: SocketMeter; bytes: number },
) {
  const fault = (err: unknown) => tell(onFault(err))
  let answer: Promise<Answer> | Answer
  try {
    answer = handler()
  } catch (err) {
    return fault(err)
  }
  if (!(answer instanceof Promise)) return tell(answer)
  meter.begin(bytes)
  const ended = <T>(then: (outcome: T) => void) => {
    return (outcome: T) => {
      meter.end(bytes)
      then(outcome)
    }
  }
  void answer.then(ended(tell), ended(fault))
}

function refuse(socket: RootSocket | GraphSocket, error: ErrorBody): void {
  // The union of the two socket types has no common call signature; the event is the same.
  ;(socket as RootSocket).emit('error', error)
}

/**
 * Listens to every event of a socket. Each is answered by its acknowledgement callback; a refusal
 * without one becomes an `error` event. Events that the contract does not have are refused.
 */
export function serve<Names extends ClientEvent>(
  socket: RootSocket | GraphSocket,
  handlers: Handlers<Names>,
  { faults, onRefused, meter, messageBytes, onFlood }: RequestWatch,
): void {
  const table = new Map<string, Handler>(Object.entries(handlers))
  const known = [...table.keys()]
  socket.onAny((name: unknown, ...args: unknown[]) => {
    const bytes = messageBytes()
    // What came in one piece with the message that ended the connection.
    if (socket.disconnected) return
    const { payload, ack } = split(args)
    const handler = typeof name === 'string' ? table.get(name) : undefined
    const tell = (answer: Answer) => {
      if (answer && !answer.ok) onRefused(String(name), answer.error, payload)
      if (ack) ack(answer)
      else if (answer && !answer.ok && meter.mayTell()) refuse(socket, answer.error)
    }
    const limited = meter.take(COMMANDS.has(name), bytes)
    if (limited) {
      if (ack || meter.mayTellAgain()) tell({ ok: false, error: errorBody(limited) })
      else if (!meter.mayDrop()) onFlood()
      return
    }
    if (!handler) return tell(unknownEvent(name, known))
    const onFault = (err: unknown) => {
      const about = { client_id: socket.id, event: name, ...concernedBy(payload) }
      return refusal(unexpected(faults, err, about))
    }
    run(() => handler(payload), tell, { onFault, meter, bytes })
  })
}
