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
import { refusal } from '../../dispatch/failures.js'
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

type Handler = (payload: unknown) => Promise<Answer> | Answer

/** What is told of a socket's requests: faults of the server, and what was refused. */
export type RequestWatch = {
  faults: Faults
  onRefused: (asked: string, error: ErrorBody, payload: unknown) => void
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
  onFault: OnFault,
) {
  const fault = (err: unknown) => tell(onFault(err))
  let answer: Promise<Answer> | Answer
  try {
    answer = handler()
  } catch (err) {
    return fault(err)
  }
  if (answer instanceof Promise) void answer.then(tell, fault)
  else tell(answer)
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
  { faults, onRefused }: RequestWatch,
): void {
  const table = new Map<string, Handler>(Object.entries(handlers))
  const known = [...table.keys()]
  socket.onAny((name: unknown, ...args: unknown[]) => {
    const { payload, ack } = split(args)
    const handler = typeof name === 'string' ? table.get(name) : undefined
    const tell = (answer: Answer) => {
      if (answer && !answer.ok) onRefused(String(name), answer.error, payload)
      if (ack) ack(answer)
      else if (answer && !answer.ok) refuse(socket, answer.error)
    }
    if (!handler) return tell(unknownEvent(name, known))
    run(
      () => handler(payload),
      tell,
      (err) => {
        const about = { client_id: socket.id, event: name, ...concernedBy(payload) }
        return refusal(unexpected(faults, err, about))
      },
    )
  })
}
