import type {
  CLIENT_EVENTS,
  ClientAck,
  ClientToServerEvents,
  ErrorBody,
  GraphClientToServerEvents,
  GraphServerToClientEvents,
  JsonLimits,
  ServerToClientEvents,
} from '@talus/protocol'
import type { Socket } from 'socket.io'
import type { Access } from '../auth/access.js'
import type { Authenticator } from '../auth/identity.js'
import type { Connection, Incoming } from '../broadcast/connection.js'
import type { Hub } from '../broadcast/hub.js'
import type { Outbox } from '../broadcast/outbox.js'
import type { After } from '../clock.js'
import { errorBody, type Faults, refusal, unexpected } from '../errors.js'
import type { AddressOf } from '../http/perimeter.js'
import type { Rate } from '../limits/rate.js'
import type { JoinLimits, SessionQuota } from '../limits/session-limits.js'
import type { Allowance, Allowances, SocketMeter } from '../limits/socket-limits.js'
import type { WorkLimits } from '../limits/work.js'
import type { Audit } from '../observability/audit.js'
import { concernedBy } from '../payload.js'
import type { PresenceBoard } from '../presence/presence.js'
import type { Dispatcher } from '../session/dispatcher.js'
import type { SessionStore } from '../session/store.js'
import { Slice } from '../turns.js'
import type { Connections } from './connections.js'

/** Told of a client whose connection the server ends, and why. */
export type LetGo = (
  reason: 'slow' | 'memory' | 'flood' | 'message-size' | 'unreadable',
  facts: object,
) => void

/** What the socket namespaces stand on. */
export type SocketServices = {
  access: Access
  authenticator: Authenticator
  addressOf: AddressOf
  /** Milliseconds since 1970. */
  clock: () => number
  /** The time that events bear, ISO 8601 in UTC. */
  now: () => string
  after: After
  sessions: SessionStore
  dispatcher: Dispatcher
  hub: Hub
  presence: PresenceBoard
  outbox: Outbox
  connections: Connections
  /** Bytes that users send, by which their connections are slowed down. */
  userBytes: Rate
  quota: SessionQuota
  work: WorkLimits
  /** Milliseconds of a clock that never goes back. */
  elapsed: () => number
  /** What one socket of a user may send. */
  newMeter: (user: Allowance) => SocketMeter
  allowances: Allowances
  joinLimits: JoinLimits
  json: JsonLimits
  contractHash: string
  faults: Faults
  audit: Audit
  letGo: LetGo
  /** Polling reached this server with a connection that is not here. */
  onStray: () => void
}

/** A socket on `/`, and one on `/graph`, by the contract. */
export type RootSocket = Socket<ClientToServerEvents, ServerToClientEvents>
export type GraphSocket = Socket<GraphClientToServerEvents, GraphServerToClientEvents>

type EventAnswer = undefined | { ok: true } | { ok: false; error: ErrorBody }

type ClientEvent = keyof typeof CLIENT_EVENTS

/** One handler for each event: it gets whatever came in, of so many bytes, and gives what the contract answers. */
export type Handlers<Names extends ClientEvent> = {
  [Name in Names]: (payload: unknown, bytes: number) => Promise<ClientAck<Name>> | ClientAck<Name>
}

/** What counts as a command (rule LIM6). */
const COMMANDS: ReadonlySet<unknown> = new Set<ClientEvent>([
  'execute_command',
  'preview_command',
  'undo_command',
  'redo_command',
])

type Handler = (payload: unknown, bytes: number) => Promise<EventAnswer> | EventAnswer

/** What is told of a socket's requests: faults of the server, what was refused, and how many. */
export type RequestWatch = {
  faults: Faults
  onRefused: (asked: string, error: ErrorBody, payload: unknown) => void
  meter: SocketMeter
  /**
   * The event that is handed over now, called once for each; whether one waits for its answer; and
   * whether more is to be read.
   */
  connection: Pick<Connection, 'next' | 'begin' | 'answered' | 'hold' | 'readOn'>
  /** More comes in than can even be refused. */
  onFlood: () => void
}

type Ack = (answer: unknown) => void

/** What a client is told of a fault of the server; the log has the rest. */
type OnFault = (err: unknown) => EventAnswer

function split(args: readonly unknown[]): { payload: unknown; ack: Ack | undefined } {
  const last = args.at(-1)
  const ack = typeof last === 'function' ? (last as Ack) : undefined
  const payload = args.length > (ack ? 1 : 0) ? args[0] : undefined
  return { payload, ack }
}

function unknownEvent(name: unknown, known: readonly string[]): EventAnswer {
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

type Running = Pick<RequestWatch, 'meter' | 'connection'> & { onFault: OnFault; bytes: number }

/** Tells `tell` what the handler answers, at once if it does. */
function run(
  handler: () => Promise<EventAnswer> | EventAnswer,
  tell: (answer: EventAnswer) => void,
  { onFault, meter, connection, bytes }: Running,
) {
  const fault = (err: unknown) => tell(onFault(err))
  let answer: Promise<EventAnswer> | EventAnswer
  try {
    answer = handler()
  } catch (err) {
    return fault(err)
  }
  if (!(answer instanceof Promise)) return tell(answer)
  meter.begin(bytes)
  connection.begin()
  const ended = <T>(then: (outcome: T) => void) => {
    return (outcome: T) => {
      meter.end(bytes)
      then(outcome)
      connection.answered()
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
  { faults, onRefused, meter, connection, onFlood }: RequestWatch,
): void {
  const table = new Map<string, Handler>(Object.entries(handlers))
  const known = [...table.keys()]
  const intake = new Intake(connection)
  const handle = (name: unknown, args: readonly unknown[], { bytes, failure }: Incoming) => {
    // What came in one piece with the message that ended the connection.
    if (socket.disconnected) return
    const { payload, ack } = split(args)
    const handler = typeof name === 'string' ? table.get(name) : undefined
    const tell = (answer: EventAnswer) => {
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
    if (failure) {
      const { command_id } = concernedBy(payload)
      return tell(refusal(failure, COMMANDS.has(name) ? command_id : undefined))
    }
    const onFault = (err: unknown) => {
      const about = { client_id: socket.id, event: name, ...concernedBy(payload) }
      return refusal(unexpected(faults, err, about))
    }
    run(() => handler(payload, bytes), tell, { onFault, meter, connection, bytes })
  }
  socket.onAny((name: unknown, ...args: unknown[]) => {
    const incoming = connection.next()
    // It may have to wait for its turn, and is not answered until then.
    connection.begin()
    const message = () => {
      handle(name, args, incoming)
      connection.answered()
    }
    intake.take(message, incoming.bytes)
  })
}

/** Milliseconds of one turn of the event loop in which messages of all sockets are handled. */
const SLICE_MS = 6

/** Messages of one socket that are handled before it is the turn of the next. */
const IN_A_ROW = 8

/** Messages of one socket that wait before no more are read. */
const MANY = 64

/** Characters of a message from which on it is handled in another turn than that which has parsed it. */
const LARGE = 64 * 1024

/**
 * Shares the event loop between sockets. A socket may have thousands of messages in what is read at
 * once: what does not fit into the slice of a turn waits for the next one, in which the sockets take
 * turns. The loop is that of the process, so there is one of these.
 */
class IntakeTurns {
  readonly #waiting = new Set<Intake>()
  readonly #slice = new Slice(SLICE_MS, () => {
    if (this.#waiting.size === 0) return
    this.#slice.begin()
    for (const intake of this.#waiting) {
      this.#waiting.delete(intake)
      if (intake.handle(IN_A_ROW)) this.#waiting.add(intake)
      if (this.isOver()) break
    }
  })

  isOver(): boolean {
    return this.#slice.isOver()
  }

  enter(intake: Intake): void {
    this.#waiting.add(intake)
  }
}

const intakeTurns = new IntakeTurns()

/** Keeps the connection from being read, and has it read again. */
type ReadControl = { hold: () => void; readOn: () => void }

/** The messages of one socket, which are handled in order. */
export class Intake {
  readonly #reading: ReadControl
  #waiting: (() => void)[] = []
  #next = 0

  constructor(reading: ReadControl) {
    this.#reading = reading
  }

  /** Handles a message of so many characters: at once, or when the turn of its socket comes. */
  take(message: () => void, chars: number): void {
    const mustWait = intakeTurns.isOver() || chars >= LARGE
    if (this.#waiting.length === 0 && !mustWait) return message()
    if (this.#waiting.length === 0) intakeTurns.enter(this)
    this.#waiting.push(message)
    if (this.#waiting.length === MANY) this.#reading.hold()
  }

  /** Handles some of those that wait, until the slice is over; true when there are more. */
  handle(most: number): boolean {
    const end = Math.min(this.#next + most, this.#waiting.length)
    while (this.#next < end) {
      this.#waiting[this.#next]?.()
      this.#next += 1
      if (intakeTurns.isOver()) break
    }
    if (this.#next < this.#waiting.length) return true
    if (this.#waiting.length >= MANY) this.#reading.readOn()
    this.#waiting = []
    this.#next = 0
    return false
  }
}
