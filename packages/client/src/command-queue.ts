import type { ClientPayload, ErrorBody } from '@talus/protocol'
import { TalusError } from './errors.js'
import type { Line, Reply } from './line.js'
import { Pending, type Order, type Success } from './pending.js'
import { backoff, pause, REFUSAL_DELAYS } from './retry.js'

/** How many orders may be on their way at once. */
const WINDOW = 100

/** Room in a message for its name and framing. */
const FRAMING_BYTES = 256

/** A fault of the server may well repeat itself, and would hold up the commands behind it. */
function isTemporary({ code, retryable }: ErrorBody): boolean {
  return retryable && code !== 'INTERNAL_ERROR'
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
  readonly #totalTimeoutMs: number
  readonly #pending = new Set<Pending>()
  #line: Line | undefined
  #window = WINDOW
  #refusals = 0
  #pausing = false
  #ended: TalusError | undefined

  constructor(totalTimeoutMs: number) {
    this.#totalTimeoutMs = totalTimeoutMs
  }

  /** Takes an order in; settles when it is answered for good, or when its time is up. */
  add(order: Order, payload: ClientPayload<Order>): Promise<Success> {
    if (this.#ended) return Promise.reject(this.#ended)
    let pending: Pending
    try {
      pending = new Pending(order, payload)
    } catch (error) {
      return Promise.reject(error)
    }
    this.#pending.add(pending)
    pending.expireAfter(this.#totalTimeoutMs, () => this.#expire(pending))
    this.#pump()
    return pending.promise
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

  /** Rejects everything, now and later. */
  end(error: TalusError): void {
    this.#ended = error
    this.#line = undefined
    for (const pending of this.#pending) {
      // Whoever closes the client knows; what nobody waits for must not end the process.
      if (error.code === 'CLOSED') pending.promise.catch(() => {})
      this.#reject(pending, error)
    }
  }

  /** Resolves when everything taken in so far is settled. */
  async idle(): Promise<void> {
    await Promise.allSettled([...this.#pending].map(({ promise }) => promise))
  }

  #pump(): void {
    const line = this.#line
    if (!line) return
    let onTheirWay = 0
    let refused = false
    for (const pending of this.#pending) {
      if (pending.state.at === 'sent') onTheirWay += 1
      else if (pending.state.at === 'refused') refused = true
      else if (refused || onTheirWay >= this.#window) break
      else if (this.#send(line, pending)) onTheirWay += 1
    }
    // Only when nothing is on its way any more can the refused ones go out in their order.
    if (refused && onTheirWay === 0) void this.#repeatRefused(line)
  }

  #send(line: Line, pending: Pending): boolean {
    if (pending.bytes + FRAMING_BYTES > line.maxBytes) {
      const message = `The message is larger than ${line.maxBytes} bytes may be`
      this.#refuse(pending, { code: 'PAYLOAD_TOO_LARGE', message, retryable: false })
      return false
    }
    const transmission = pending.sent()
    void line
      .ask(pending.order, pending.payload)
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
    if (pending.order !== 'preview_command') this.#giveUpBefore(pending)
    this.#pending.delete(pending)
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
    pending.state = { at: 'refused', error: this.#errorOf(pending, error) }
  }

  #isBehindRefused(pending: Pending): boolean {
    for (const earlier of this.#pending) {
      if (earlier === pending) return false
      if (earlier.state.at === 'refused') return true
    }
    return false
  }

  /** Sends the first of the refused alone; when it succeeds, the others follow. */
  async #repeatRefused(line: Line): Promise<void> {
    if (this.#pausing) return
    this.#pausing = true
    this.#refusals += 1
    await pause(backoff(this.#refusals, REFUSAL_DELAYS), line.lost)
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
    this.#reject(pending, this.#errorOf(pending, error))
  }

  #reject(pending: Pending, error: TalusError): void {
    this.#pending.delete(pending)
    pending.reject(error)
  }

  #errorOf({ payload: { command_id } }: Pending, error: ErrorBody): TalusError {
    return new TalusError(error, command_id === undefined ? {} : { commandId: command_id })
  }
}
