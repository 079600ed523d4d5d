import type { ClientPayload, ErrorBody } from '@talus/protocol'
import type { TalusError } from '../errors.js'
import type { Line, Reply } from '../line.js'
import { backoff, pause, REFUSAL_DELAYS } from '../retry.js'
import { Pending, refusalOf, type Order, type Success } from './pending.js'
import type { StoredCommand } from './store.js'

/** How many orders may be on their way at once. */
const WINDOW = 100

/** Room in a message for its name and framing. */
const FRAMING_BYTES = 256

/** A fault of the server may well repeat itself, and would hold up the commands behind it. */
function isTemporary({ code, retryable }: ErrorBody): boolean {
  return retryable && code !== 'INTERNAL_ERROR'
}

/** What becomes of an order. */
export type Outcome = { ok: true; success: Success } | { ok: false; error: TalusError }

type Settings = {
  /** How long a preview may take; a command waits as long as it takes. */
  previewTimeoutMs: number
  /** Called before anything else happens to a command. */
  onAdded: (command: Pending) => void
  /** Called before the promise settles. Not for what `end` rejects. */
  onSettled: (pending: Pending, outcome: Outcome) => void
  onCount: (commands: number) => void
}

/**
 * The commands of one session, in the order of the calls. They are sent without waiting for each
 * other; what a lost line or an overdue answer leaves open is sent again, in the same order and
 * under the same ids, which the server executes once (rule IDEM1).
 *
 * A command that is refused for now is sent again too, but only while no later one has taken
 * effect: the order matters more. Until then the refusals of later commands do not count, as they
 * may be consequences of the first.
 */
export class CommandQueue {
  readonly #settings: Settings
  readonly #pending = new Set<Pending>()
  #count = 0
  #line: Line | undefined
  #window = WINDOW
  #refusals = 0
  #pausing = false
  #ended: TalusError | undefined

  constructor(settings: Settings) {
    this.#settings = settings
  }

  /** How many commands are not answered yet. */
  get count(): number {
    return this.#count
  }

  /**
   * Takes an order in; its promise settles when it is answered for good. Throws a TalusError when
   * the queue has ended, or JSON cannot carry the payload.
   */
  add(order: Order, payload: ClientPayload<Order>): Pending {
    if (this.#ended) throw this.#ended
    const pending = new Pending(order, payload)
    if (pending.isCommand) this.#settings.onAdded(pending)
    else {
      pending.expireAfter(this.#settings.previewTimeoutMs, () => this.#expire(pending))
    }
    this.#append(pending)
    this.#pump()
    return pending
  }

  /** On which the session is joined. */
  get line(): Line | undefined {
    return this.#line
  }

  /** The commands that are not answered, in their order, as a store keeps them. */
  get stored(): StoredCommand[] {
    return [...this.#pending].filter(({ isCommand }) => isCommand).map(({ stored }) => stored)
  }

  /** Takes over what clients that are gone have left, unless it is here already. */
  adopt(commands: readonly StoredCommand[]): Pending[] {
    if (this.#ended) return []
    const known = new Set(Array.from(this.#pending, ({ command_id }) => command_id))
    const adopted: Pending[] = []
    for (const { order, payload, command_id } of commands) {
      if (known.has(command_id)) continue
      known.add(command_id)
      adopted.push(this.#append(new Pending(order, payload)))
    }
    this.#pump()
    return adopted
  }

  /** The session is joined on this line: sends everything that is open, from the first. */
  open(line: Line): void {
    this.#line = line
    this.#refusals = 0
    this.#pausing = false
    this.#sendAgain()
    this.#pump()
  }

  /** The line is lost: nothing is sent until the next one. */
  cut(): void {
    this.#line = undefined
  }

  /** Rejects everything, now and later. What is stored stays for the next client. */
  end(error: TalusError): void {
    this.#ended = error
    this.#line = undefined
    for (const pending of this.#pending) {
      pending.reject(error)
    }
    this.#pending.clear()
  }

  /** Resolves when everything taken in so far is settled. */
  async idle(): Promise<void> {
    await Promise.allSettled([...this.#pending].map(({ promise }) => promise))
  }

  #pump(): void {
    const line = this.#line
    if (!line) return
    let onTheirWay = 0
    let refused: TalusError | undefined
    for (const pending of this.#pending) {
      if (pending.state.at === 'sent') onTheirWay += 1
      else if (pending.state.at === 'refused') refused ??= pending.state.error
      else if (refused || onTheirWay >= this.#window) break
      else if (this.#send(line, pending)) onTheirWay += 1
    }
    // Only when nothing is on its way any more can the refused ones go out in their order.
    if (refused && onTheirWay === 0) void this.#repeatRefused(line, refused)
  }

  #send(line: Line, pending: Pending): boolean {
    if (pending.bytes + FRAMING_BYTES > line.maxBytes) {
      const message = `The message is larger than ${line.maxBytes} bytes may be`
      this.#refuse(pending, { code: 'PAYLOAD_TOO_LARGE', message, retryable: false })
      return false
    }
    const transmission = pending.sent()
    void line
      .ask(pending.order, pending.payload, pending.bytes)
      .then((reply) => this.#replied(pending, transmission, reply))
    return true
  }

  #replied(pending: Pending, transmission: number, reply: Reply<Order>): void {
    if (!this.#pending.has(pending)) return
    if (reply.outcome === 'answered' && reply.answer.ok) {
      this.#succeed(pending, reply.answer)
    } else if (!pending.isAwaiting(transmission)) {
      // It was sent again meanwhile; that sending's answer decides.
    } else if (reply.outcome === 'answered' && !reply.answer.ok) {
      this.#answerRefusal(pending, reply.answer.error)
    } else if (reply.outcome === 'overdue') {
      this.#sendAgain()
    }
    this.#pump()
  }

  #succeed(pending: Pending, success: Success): void {
    this.#window = WINDOW
    this.#refusals = 0
    if (pending.isCommand) this.#giveUpBefore(pending)
    this.#settle(pending, { ok: true, success })
    pending.resolve(success)
  }

  /** A later command took effect: sending the refused ones again would change the order. */
  #giveUpBefore(later: Pending): void {
    for (const pending of this.#pending) {
      if (pending === later) return
      if (pending.state.at === 'refused') this.#reject(pending, pending.state.error)
    }
  }

  #answerRefusal(pending: Pending, error: ErrorBody): void {
    if (!isTemporary(error) && !this.#isBehindRefused(pending)) return this.#refuse(pending, error)
    pending.state = { at: 'refused', error: refusalOf(pending, error) }
  }

  #isBehindRefused(pending: Pending): boolean {
    for (const earlier of this.#pending) {
      if (earlier === pending) return false
      if (earlier.state.at === 'refused') return true
    }
    return false
  }

  /** Sends the first of the refused, for this reason, alone; when it succeeds, the others follow. */
  async #repeatRefused(line: Line, reason: TalusError): Promise<void> {
    if (this.#pausing) return
    this.#pausing = true
    this.#refusals += 1
    await pause(backoff(this.#refusals, REFUSAL_DELAYS, reason), line.lost)
    if (this.#line !== line) return
    this.#pausing = false
    this.#window = 1
    this.#sendAgain()
    this.#pump()
  }

  #sendAgain(): void {
    for (const pending of this.#pending) pending.state = { at: 'waiting' }
  }

  #expire(pending: Pending): void {
    this.#reject(pending, pending.late)
    this.#pump()
  }

  #refuse(pending: Pending, error: ErrorBody): void {
    this.#reject(pending, refusalOf(pending, error))
  }

  #reject(pending: Pending, error: TalusError): void {
    this.#settle(pending, { ok: false, error })
    pending.reject(error)
  }

  #append(pending: Pending): Pending {
    this.#pending.add(pending)
    if (pending.isCommand) this.#countBy(1)
    return pending
  }

  #settle(pending: Pending, outcome: Outcome): void {
    this.#pending.delete(pending)
    this.#settings.onSettled(pending, outcome)
    if (!pending.isCommand) return
    this.#countBy(-1)
  }

  #countBy(difference: number): void {
    this.#count += difference
    this.#settings.onCount(this.#count)
  }
}
