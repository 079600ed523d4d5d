import type { Ack } from '@talus/protocol'
import { idOf, type Attempt, type Ledger } from './ledger.js'
import type { Request } from './script.js'

/** Sends an attempt; rejects when the connection is lost before the answer. */
type Transmit = (attempt: Attempt) => Promise<unknown>

/**
 * What one client wants: kept until it is answered, sent again under the same id after every loss
 * of the connection.
 */
export class Outbox {
  readonly #ledger: Ledger
  readonly #pending = new Map<Attempt, Promise<void> | undefined>()
  #transmit: Transmit | undefined

  constructor(ledger: Ledger) {
    this.#ledger = ledger
  }

  get isEmpty(): boolean {
    return this.#pending.size === 0
  }

  /** Resolves when the answer is there or the connection is not. */
  async send(request: Request): Promise<void> {
    const attempt = this.#ledger.open(request)
    this.#pending.set(attempt, undefined)
    this.flush()
    await this.#pending.get(attempt)
  }

  /** There is a connection. */
  open(transmit: Transmit): void {
    this.#transmit = transmit
    this.flush()
  }

  /** There is none any more. */
  close(): void {
    this.#transmit = undefined
    for (const attempt of this.#pending.keys()) {
      this.#pending.set(attempt, undefined)
      if (attempt.tries > 0 && idOf(attempt) === undefined) this.#giveUp(attempt)
    }
  }

  /** Sends everything that is not on its way. */
  flush(): void {
    const transmit = this.#transmit
    if (!transmit) return
    for (const [attempt, underWay] of this.#pending) {
      if (underWay) continue
      attempt.tries += 1
      const sending: Promise<void> = transmit(attempt).then(
        (ack) => this.#answered(attempt, ack as Ack, sending),
        () => this.#unanswered(attempt, sending),
      )
      this.#pending.set(attempt, sending)
    }
  }

  /** Resolves when nothing is on its way. */
  async drained(): Promise<void> {
    for (const underWay of this.#pending.values()) await underWay
  }

  #answered(attempt: Attempt, ack: Ack, sending: Promise<void>): void {
    if (this.#pending.get(attempt) !== sending) return
    if (!ack.ok && ack.error.retryable && idOf(attempt) !== undefined) {
      this.#pending.set(attempt, undefined)
      return
    }
    this.#ledger.answer(attempt, ack)
    this.#pending.delete(attempt)
  }

  #unanswered(attempt: Attempt, sending: Promise<void>): void {
    if (this.#pending.get(attempt) !== sending) return
    this.#pending.set(attempt, undefined)
    if (idOf(attempt) === undefined) this.#giveUp(attempt)
  }

  #giveUp(attempt: Attempt): void {
    this.#ledger.lose(attempt)
    this.#pending.delete(attempt)
  }
}
