import { hash } from 'node:crypto'
import type {
  Ack,
  Command,
  Entry,
  Failure,
  JsonValue,
  Position,
  SimpleCommand,
} from '@talus/protocol'
import { type Faults, NOT_DURABLE, refusal, StorageError } from '../errors.js'
import type { Journal } from '../journal/journal.js'
import { KeyedQueue, loopTurns, takeTurn } from '../turns.js'
import { headOf } from './entry-pieces.js'
import type { Task, Waiting } from './task.js'

/** Items of a result from which on it takes a millisecond to be written. */
const LONG = 1_000

function isLong(result: JsonValue): boolean {
  if (typeof result !== 'object' || result === null) return false
  if (Array.isArray(result)) return result.length > LONG
  return Object.values(result).some((value) => Array.isArray(value) && value.length > LONG)
}

/** One is read at a time, as each takes its size of memory several times. */
const longEntries = new KeyedQueue()

type PlainObject = { [key: string]: unknown }

/** The same value with the keys of every object in one order. Scalars and short lists stay as they are. */
function ordered(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(ordered)
  const sorted: PlainObject = {}
  for (const key of Object.keys(value).toSorted())
    sorted[key] = ordered((value as PlainObject)[key])
  return sorted
}

type PlacedPayload = { position?: Position | undefined }

function isEnd({ position }: PlacedPayload): boolean {
  return position !== undefined && 'at' in position && position.at === 'end'
}

/** What a command says beside its defaults, which it may give or leave out (rule IDEM5). */
function plainData({ command_type, data }: SimpleCommand): object {
  switch (command_type) {
    case 'CreateNode': {
      const { parent_id, position, properties, ...rest } = data
      return {
        ...rest,
        ...(parent_id === null ? {} : { parent_id }),
        ...(isEnd(data) ? {} : { position }),
        ...(properties && Object.keys(properties).length > 0 && { properties }),
      }
    }
    case 'LinkNode':
    case 'MoveNode': {
      const { position, ...rest } = data
      return isEnd(data) ? rest : { ...rest, position }
    }
    case 'DeleteNode':
    case 'UnlinkNode':
    case 'UpdateProperty':
    case 'DeleteProperty':
      return data
    default:
      return command_type satisfies never
  }
}

/**
 * What tells a command from another under the same id: the same for payloads that mean the same,
 * with a default given or left out, a type by its short or its long name (rule IDEM5).
 */
export function payloadOf(command: Command, label: string | undefined): object {
  const { command_type: type } = command
  if (type !== 'Batch') return { type, data: plainData(command), label }
  const commands = command.data.commands.map((each) => ({
    command_type: each.command_type,
    data: plainData(each),
  }))
  return { type, data: { commands }, label: label ?? command.data.label }
}

/**
 * Digest of a command's payload that does not depend on the order of keys: tells a retry from
 * another command under the same id (rule IDEM2). The depth of values is bounded before.
 */
export function payloadHash(payload: object): string {
  return hash('sha1', JSON.stringify(ordered(payload)), 'base64url')
}

/** Accepted commands whose ids are remembered in memory at least. */
const REMEMBERED = 128

type AwaitedAnswer = { payload_hash: string; ack: Promise<Ack> }

/**
 * The commands of a session that wait for their answer, and the ids of those that were accepted
 * last: what those were answered is in the journal. Refused commands are forgotten: the same id may
 * be tried again (rule IDEM3).
 */
export class RecentCommands {
  readonly #waiting = new Map<string, AwaitedAnswer>()
  /** In two generations: the older one goes as a whole, which costs nothing for each command. */
  #accepted = new Set<string>()
  #before = new Set<string>()

  waiting(command_id: string): AwaitedAnswer | undefined {
    return this.#waiting.get(command_id)
  }

  isAccepted(command_id: string): boolean {
    return this.#accepted.has(command_id) || this.#before.has(command_id)
  }

  wait(command_id: string, waiting: AwaitedAnswer): void {
    this.#waiting.set(command_id, waiting)
  }

  accept(command_id: string): void {
    if (!this.#waiting.delete(command_id)) return
    this.#accepted.add(command_id)
    if (this.#accepted.size < REMEMBERED) return
    this.#before = this.#accepted
    this.#accepted = new Set()
  }

  forget(command_id: string): void {
    this.#waiting.delete(command_id)
  }
}

function commandIdReused(command_id: string): Failure {
  return {
    code: 'COMMAND_ID_REUSED',
    message: 'This command id was used before, with another payload',
    details: [{ path: '/command_id', expected: 'an id not used before', actual: command_id }],
  }
}

/**
 * Answers the retries of one session with what was answered the first time (rules IDEM1, IDEM2):
 * with the answer that a command under way will get, else from the journal.
 */
export class Retries {
  readonly #recent = new RecentCommands()
  /** Of an id that several payloads want: the answer to the last of them. */
  readonly #queues = new Map<string, Promise<Ack>>()
  /** Long entries that are being read, by their seq. */
  readonly #reading = new Map<number, Promise<JsonValue | undefined>>()
  readonly #journal: Journal
  readonly #session_id: string
  readonly #faults: Faults

  constructor(session_id: string, journal: Journal, faults: Faults) {
    this.#session_id = session_id
    this.#journal = journal
    this.#faults = faults
  }

  /** A retry that comes before the answer shall get the same. */
  wait({ command_id, chosen, payload_hash }: Task, ack: Promise<Ack>): void {
    // An id that the server made up is not known to anybody until it is answered.
    if (chosen) this.#recent.wait(command_id, { payload_hash, ack })
  }

  /** Settles with a refusal; the same id may be tried again (rule IDEM3). */
  refuse({ task, settle }: Waiting, failure: Failure): void {
    this.#recent.forget(task.command_id)
    settle(refusal(failure, task.command_id))
  }

  /**
   * The answer to a task that is a recent one again; undefined when it is not. Whether an id is
   * used shows when its command is accepted: a refused one leaves it free. Those who want it with
   * other payloads are submitted one after the other: one refusal does not wake all of them.
   */
  repeat(task: Task, submit: () => Promise<Ack>): Promise<Ack> | undefined {
    const { command_id, payload_hash } = task
    const waiting = this.#recent.waiting(command_id)
    if (waiting?.payload_hash === payload_hash) {
      return this.#answeredAgain(waiting.ack)
    }
    const before = this.#queues.get(command_id) ?? waiting?.ack
    if (before) return this.#queue(task, before, submit)
    return this.#recent.isAccepted(command_id) ? this.accepted(task) : undefined
  }

  /** Each in its turn: the answer may have a megabyte, and be asked for a thousand times at once. */
  async #answeredAgain(waiting: Promise<Ack>): Promise<Ack> {
    const ack = await waiting
    if (ack.ok && isLong(ack.result)) await loopTurns.next()
    return ack.ok ? { ...ack, duplicate: true } : ack
  }

  #queue(task: Task, before: Promise<Ack>, submit: () => Promise<Ack>): Promise<Ack> {
    const { command_id } = task
    const answer = before.then(() =>
      this.#recent.isAccepted(command_id) ? this.accepted(task) : submit(),
    )
    this.#queues.set(command_id, answer)
    void answer.then(() => {
      if (this.#queues.get(command_id) === answer) this.#queues.delete(command_id)
    })
    return answer
  }

  /** The answer to a task whose id is that of an accepted command. Never rejects. */
  async accepted(task: Task): Promise<Ack> {
    const old = await this.lookUp(task)
    return old ?? this.#unreadable(task, new StorageError('The command of a taken id is not there'))
  }

  /** What the journal says of a task that may be an old one; undefined: it is none. */
  async lookUp(task: Pick<Task, 'command_id' | 'payload_hash'>): Promise<Ack | undefined> {
    const { command_id, payload_hash } = task
    try {
      const stored = await this.#journal.findCommand(this.#session_id, command_id)
      if (!stored) return undefined
      if (stored.payload_hash !== payload_hash) {
        return refusal(commandIdReused(command_id), command_id)
      }
      const { ack, seq, body } = stored
      if (ack) return { ...ack, duplicate: true }
      const result =
        body === undefined && seq !== null
          ? await this.#resultOfLong(seq)
          : body && (JSON.parse(body) as Entry).result
      // Removed since it was found: the journal has its answer then.
      if (result === undefined) return await this.lookUp(task)
      return { ok: true, command_id, seq, result: result ?? null, duplicate: true }
    } catch (err) {
      return this.#unreadable(task, err)
    }
  }

  /**
   * The result of an entry of many megabytes; undefined: it is not there any more. All who ask for it
   * at once are told what one of them has read, and are answered in turns: an answer may have a
   * megabyte itself. When 150 retries of a deletion of 100,000 nodes came at once, each of them read
   * the entry: 1.2 GB, which ended the process.
   */
  async #resultOfLong(seq: number): Promise<JsonValue | undefined> {
    const reading = this.#reading.get(seq) ?? longEntries.take('', () => this.#readResult(seq))
    this.#reading.set(seq, reading)
    try {
      return await reading
    } finally {
      this.#reading.delete(seq)
      // Not only when the slice is over: nothing was written yet of all who are answered now.
      await loopTurns.next()
    }
  }

  async #readResult(seq: number): Promise<JsonValue | undefined> {
    const [body = ''] = await this.#journal.entriesAfter(this.#session_id, seq - 1, 1, 1)
    await takeTurn()
    const head = await headOf(body)
    return head.seq === seq ? head.result : undefined
  }

  #unreadable({ command_id }: Pick<Task, 'command_id'>, err: unknown): Ack {
    const about = { session_id: this.#session_id, command_id }
    return refusal(this.#faults.storage(err, NOT_DURABLE, about), command_id)
  }

  /** Settles with what became of the task, or with what was looked up. */
  answer({ task, settle }: Waiting, ack: Ack): void {
    if (ack.ok) this.#recent.accept(task.command_id)
    else this.#recent.forget(task.command_id)
    settle(ack)
  }
}
