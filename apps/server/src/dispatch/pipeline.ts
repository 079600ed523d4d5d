import type { Entry } from '@talus/protocol'
import type { Pending } from './pending.js'
import { needsQuiet, type Waiting } from './task.js'

/** Commands of a group from which on it is taken in and told in turns of the event loop. */
const MANY = 200

/** Characters of an entry from which on it is taken in and told in turns of the event loop. */
const HEAVY_CHARS = 128 * 1024

type PlannedEntry = Extract<Pending, { outcome: 'entry' }>

/**
 * The tasks of one session on their way, in order: `waiting` cannot be planned yet, `planned` is
 * applied in memory, `inFlight` is being written. Only one group is in flight at a time.
 */
export class Pipeline {
  #waiting: Waiting[] = []
  #planned: Pending[] = []
  #inFlight: Pending[] = []
  #isHeavy = false

  get length(): number {
    return this.#waiting.length + this.#planned.length
  }

  /** How many tasks are planned and not being written yet. */
  get planned(): number {
    return this.#planned.length
  }

  get isWaiting(): boolean {
    return this.#waiting.length > 0
  }

  /** Whether an entry about many nodes is planned or being written: nothing is planned behind it. */
  get isHeavy(): boolean {
    return this.#isHeavy
  }

  /** Whether taking in and telling what is being written takes more than a moment. */
  get isLong(): boolean {
    return this.#isHeavy || this.#inFlight.length > MANY
  }

  /** What is being written now. */
  get inFlight(): readonly Pending[] {
    return this.#inFlight
  }

  wait(waiting: Waiting): void {
    this.#waiting.push(waiting)
  }

  /** The next task that can be planned. One that needs quiet holds up those behind it. */
  next(): Waiting | undefined {
    const [first] = this.#waiting
    const busy = this.#planned.length > 0 || this.#inFlight.length > 0
    if (!first || this.#isHeavy || (busy && needsQuiet(first.task))) return undefined
    return this.#waiting.shift()
  }

  add(pending: Pending): void {
    this.#planned.push(pending)
    if (pending.outcome === 'entry' && pending.body.length > HEAVY_CHARS) this.#isHeavy = true
  }

  /** Hands over all that is planned, to be written; undefined while a group is in flight. */
  launch(): readonly Pending[] | undefined {
    if (this.#inFlight.length > 0 || this.#planned.length === 0) return undefined
    this.#inFlight = this.#planned
    this.#planned = []
    return this.#inFlight
  }

  /** The group in flight has arrived. */
  land(): Pending[] {
    const landed = this.#inFlight
    // A heavy one is the last that was planned.
    if (this.#planned.length === 0) this.#isHeavy = false
    this.#inFlight = []
    return landed
  }

  /** Entries that are in memory and not durable yet, in order. */
  entries(): PlannedEntry[] {
    return [...this.#inFlight, ...this.#planned].filter((p) => p.outcome === 'entry')
  }

  /** The last entry that is in memory and not durable yet. */
  head(): Entry | undefined {
    for (const list of [this.#planned, this.#inFlight]) {
      const last = list.findLast((pending) => pending.outcome === 'entry')
      if (last) return last.entry
    }
    return undefined
  }

  /** Takes back everything that is planned, and gives it. */
  takeBack(): Pending[] {
    const all = [...this.#inFlight, ...this.#planned]
    for (const entry of this.entries().toReversed()) entry.takeBack()
    this.#inFlight = []
    this.#planned = []
    this.#isHeavy = false
    return all
  }

  /** Puts tasks that were taken back before those that wait. */
  requeue(tasks: readonly Waiting[]): void {
    const again = tasks.map(({ task, settle, announced }) => ({ task, settle, announced }))
    this.#waiting = [...again, ...this.#waiting]
  }

  /** Gives up on everything that waits, and gives it. */
  abandon(): Waiting[] {
    const all = this.#waiting
    this.#waiting = []
    return all
  }
}
