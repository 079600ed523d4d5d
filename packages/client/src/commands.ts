import type { ClientPayload } from '@talus/protocol'
import { CommandRuns } from './command-runs.js'
import type { Emitter } from './emitter.js'
import { notAllowed, TalusError } from './errors.js'
import { mayEdit } from './graph/prediction.js'
import type { Replica } from './graph/replica.js'
import type { Line } from './line.js'
import { CommandQueue, type Outcome } from './queue/command-queue.js'
import { refusalOf, type Order, type Pending, type Success } from './queue/pending.js'
import type { StoredCommand } from './queue/store.js'
import { Refusals } from './refusals.js'
import type { SessionEvents } from './session-events.js'
import type { Note } from './storage/storage.js'
import { wishOf } from './wish.js'

type Settings = {
  replica: Replica
  events: Emitter<SessionEvents>
  previewTimeoutMs: number
  /** Tells the store, if there is one. */
  note: (note: Note) => void
}

/** The commands of a session, from the call to the entry: shown at once, queued, confirmed. */
export class Commands {
  readonly #replica: Replica
  readonly refusals: Refusals
  readonly #note: (note: Note) => void
  readonly #queue: CommandQueue
  readonly #runs = new CommandRuns()
  /** Those whose acknowledgement came before the entry. */
  readonly #arrivals = new Set<{ seq: number; arrive: () => void }>()
  /** The highest seq that was acknowledged; 0 when whatever it was is in the graph. */
  #acknowledged = 0
  #closed: TalusError | undefined
  #hasEnded = false

  constructor({ replica, events, note, ...settings }: Settings) {
    this.#replica = replica
    this.#note = note
    this.refusals = new Refusals(events, note)
    this.#queue = new CommandQueue({
      ...settings,
      onCount: (commands) => events.emit('pending', commands),
      onAdded: (pending) => note({ add: pending.stored }),
      onSettled: (pending, outcome) => this.#settled(pending, outcome),
    })
  }

  /** How many are not answered yet. */
  get count(): number {
    return this.#queue.count
  }

  /** By which what is submitted is sent; undefined: it waits. */
  get line(): Line | undefined {
    return this.#queue.line
  }

  /** Everything that has to be in the store: what is not answered, and refusals not heard of. */
  get stored(): StoredCommand[] {
    return [...this.refusals.stored, ...this.#queue.stored]
  }

  /** Takes over what clients that are gone have left. */
  adopt(commands: readonly StoredCommand[]): void {
    const open = commands.filter((command) => !this.refusals.adopt(command))
    for (const pending of this.#queue.adopt(open)) this.#predict(pending)
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

  /**
   * Whatever is submitted from now on is rejected, or nothing any more; what was submitted before
   * goes on.
   */
  close(error: TalusError | undefined): void {
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
   * `mergeKey`: see `CommandOptions`.
   */
  submit(order: Order, payload: ClientPayload<Order>, mergeKey?: string | false): Promise<Success> {
    const answer = this.#submit(order, payload, mergeKey)
    // A view need not wait for what it does: refusals are told as an event as well.
    answer.catch(() => {})
    return answer
  }

  /** The graph has come to `seq`: whoever waited for that goes on. */
  arrive(seq: number): void {
    if (seq >= this.#acknowledged) this.#acknowledged = 0
    for (const waiting of this.#arrivals) if (waiting.seq <= seq) waiting.arrive()
  }

  async #submit(
    order: Order,
    payload: ClientPayload<Order>,
    mergeKey?: string | false,
  ): Promise<Success> {
    const pending = this.#add(order, this.#placed(order, payload, mergeKey))
    this.#predict(pending)
    const success = await pending.promise
    if (pending.isCommand) await this.#arrival(success.seq ?? 0)
    return success
  }

  /**
   * An edit says which step it goes on with; an undo or a redo names the step that is the last one
   * now, whenever it arrives.
   */
  #placed(
    order: Order,
    payload: ClientPayload<Order>,
    mergeKey?: string | false,
  ): ClientPayload<Order> {
    if (order === 'preview_command') return payload
    if (order === 'execute_command') {
      const command = payload as ClientPayload<'execute_command'>
      const continues = this.#runs.next(command.command_id ?? '', command, mergeKey)
      return continues === undefined ? payload : { ...payload, continues }
    }
    this.#runs.end()
    const { scope, target_command_id } = payload as ClientPayload<'undo_command'>
    if (target_command_id !== undefined) return payload
    const turn = order === 'undo_command' ? 'undo' : 'redo'
    return { ...payload, ...this.#replica.seen(turn, scope) }
  }

  #add(order: Order, payload: ClientPayload<Order>): Pending {
    if (this.#closed) throw this.#closed
    const { role } = this.#replica
    if (order !== 'preview_command' && !mayEdit(role)) {
      const error = refusalOf({ order, payload }, notAllowed(role))
      this.refusals.add(error)
      throw error
    }
    try {
      return this.#queue.add(order, payload)
    } catch (error) {
      if (error instanceof TalusError) this.refusals.add(error)
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
      this.refusals.add(outcome.error, pending.stored)
      return
    }
    this.#note({ remove: pending.command_id })
    if (!('changes' in outcome.success)) {
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
