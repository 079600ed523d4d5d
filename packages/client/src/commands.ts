import type { ClientPayload } from '@talus/protocol'
import { TalusError } from './errors.js'
import type { Replica } from './graph/replica.js'
import type { Line } from './line.js'
import { CommandQueue, type Outcome } from './queue/command-queue.js'
import type { Order, Pending, Success } from './queue/pending.js'
import type { CommandStore } from './queue/store.js'
import { wishOf } from './wish.js'

type Settings = {
  replica: Replica
  onRejected: (error: TalusError) => void
  onCount: (commands: number) => void
  /** Whose stored commands are this session's: it names server, session and actor. */
  scope: string
  store: CommandStore | null
  previewTimeoutMs: number
  onStoreFailed: (cause: unknown) => void
}

/** The commands of a session, from the call to the entry: shown at once, queued, confirmed. */
export class Commands {
  readonly #replica: Replica
  readonly #onRejected: (error: TalusError) => void
  readonly #queue: CommandQueue
  /** Those whose acknowledgement came before the entry. */
  readonly #arrivals = new Set<{ seq: number; arrive: () => void }>()
  /** The highest seq that was acknowledged; 0 when whatever it was is in the graph. */
  #acknowledged = 0
  #closed: TalusError | undefined
  #hasEnded = false

  constructor({ replica, onRejected, ...settings }: Settings) {
    this.#replica = replica
    this.#onRejected = onRejected
    this.#queue = new CommandQueue({
      ...settings,
      onSettled: (pending, outcome) => this.#settled(pending, outcome),
    })
  }

  /** How many are not answered yet. */
  get count(): number {
    return this.#queue.count
  }

  /** Takes over what clients that are gone have left. Never rejects. */
  async adopt(): Promise<void> {
    for (const pending of await this.#queue.adopt()) this.#predict(pending)
  }

  open(line: Line): void {
    this.#queue.open(line)
  }

  cut(): void {
    this.#queue.cut()
  }

  end(error: TalusError): void {
    this.#hasEnded = true
    this.#queue.end(error)
    this.arrive(Infinity)
  }

  /** Whatever is submitted from now on is rejected; what was submitted before goes on. */
  close(error: TalusError): void {
    this.#closed = error
  }

  /** Resolves when everything submitted so far is answered. */
  answered(): Promise<void> {
    return this.#queue.idle()
  }

  /** Resolves when everything submitted so far is answered, and in the graph. */
  async settled(): Promise<void> {
    await this.#queue.idle()
    await this.#arrival(this.#acknowledged)
  }

  /**
   * Shows at once what an order will do, and queues it. Resolves when it is durable and its entry,
   * if it has one, is in the graph. Rejects with a TalusError, which need not be listened to.
   */
  submit(order: Order, payload: ClientPayload<Order>): Promise<Success> {
    const answer = this.#submit(order, payload)
    // A view need not wait for what it does: refusals are told as an event as well.
    answer.catch(() => {})
    return answer
  }

  /** The graph has come to `seq`: whoever waited for that goes on. */
  arrive(seq: number): void {
    if (seq >= this.#acknowledged) this.#acknowledged = 0
    for (const waiting of this.#arrivals) if (waiting.seq <= seq) waiting.arrive()
  }

  async #submit(order: Order, payload: ClientPayload<Order>): Promise<Success> {
    const pending = this.#add(order, payload)
    this.#predict(pending)
    const success = await pending.promise
    if (pending.isCommand) await this.#arrival(success.seq ?? 0)
    return success
  }

  #add(order: Order, payload: ClientPayload<Order>): Pending {
    if (this.#closed) throw this.#closed
    try {
      return this.#queue.add(order, payload)
    } catch (error) {
      if (error instanceof TalusError) this.#onRejected(error)
      throw error
    }
  }

  #predict(pending: Pending): void {
    const wish = wishOf(pending)
    if (wish) this.#replica.predict(pending.command_id, wish)
  }

  #settled(pending: Pending, outcome: Outcome): void {
    if (!pending.isCommand) return
    if (!outcome.ok) {
      this.#replica.drop(pending.command_id)
      this.#onRejected(outcome.error)
    } else if (!('changes' in outcome.success)) {
      this.#acknowledged = Math.max(this.#acknowledged, outcome.success.seq ?? 0)
      this.#replica.confirm(outcome.success)
    }
  }

  #arrival(seq: number): Promise<void> {
    if (seq <= this.#replica.seq || this.#hasEnded) return Promise.resolve()
    return new Promise((resolve) => {
      const waiting = {
        seq,
        arrive: () => {
          this.#arrivals.delete(waiting)
          resolve()
        },
      }
      this.#arrivals.add(waiting)
    })
  }
}
