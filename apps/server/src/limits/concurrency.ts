import type { Failure, Result } from '@talus/protocol'
import type { After } from '../clock.js'
import { beyond, Counts } from './rate.js'

/** How much may run at once, and wait. */
export type Concurrency = {
  total: number
  perSession: number
  perUser: number
  /** Units of what runs together; something larger runs alone. */
  units: number
  /** How many may wait, and how many of one user. */
  waiting: number
  waitingPerUser: number
  /** The longest wait, in milliseconds. */
  patienceMs: number
}

/** Who wants to do how much in which session. */
export type Demand = { user: string; session_id: string; units: number }

/** The right to work on something dear. It is given back once, whatever happens. */
export type Permit = {
  /** Aborted when nobody wants the answer any more; the permit is given back then. */
  readonly gone: AbortSignal
  release: () => void
  /** Lets others work while this one waits for its client; what it holds in memory stays. */
  pause: () => void
  /** Resolves when it may go on. Rejects when the client is gone. */
  resume: () => Promise<void>
}

type WaitingWork = { demand: Demand; start: () => void }

function overloaded(what: string, retry_after_ms: number): Failure {
  return {
    code: 'OVERLOADED',
    message: `Too many ${what} are waiting; try again after ${retry_after_ms} ms`,
    retry_after_ms,
  }
}

/** Milliseconds after which it may be worth to try again. */
const RETRY_MS = 1_000

/**
 * Lets a few work at a time: in all, in one session, of one user. The others wait for a short time,
 * in one queue for each user, which take turns: who asks for much delays mostly themselves.
 */
export class ConcurrencyLimit {
  readonly #what: string
  readonly #most: Concurrency
  readonly #after: After
  readonly #users = new Counts()
  readonly #sessions = new Counts()
  readonly #waiting = new Map<string, Set<WaitingWork>>()
  readonly #paused: PausedWork
  #running = 0
  #units = 0
  #queued = 0

  /** `what`: such as "dear reads". */
  constructor(what: string, most: Concurrency, after: After) {
    this.#what = what
    this.#most = most
    this.#after = after
    this.#paused = new PausedWork({ units: 2 * most.units, perUser: 2 * most.perUser })
  }

  /** How many work, wait for their turn, and wait for their client. */
  get load(): { running: number; waiting: number; paused: number } {
    return { running: this.#running, waiting: this.#queued, paused: this.#paused.size }
  }

  /**
   * Gives the permit, at once or within the patience. Errors: OVERLOADED, RATE_LIMITED. When
   * `gone` is aborted, the wait ends and what was given is given back.
   */
  async acquire(demand: Demand, gone: AbortSignal): Promise<Result<Permit>> {
    if (!this.#startsNow(demand)) {
      const error = this.#refusal(demand) ?? (await this.#wait(demand, gone, this.#most.patienceMs))
      if (error) return { ok: false, error }
    }
    return { ok: true, value: this.#permit(demand, gone) }
  }

  #startsNow(demand: Demand): boolean {
    const mayStart = this.#queued === 0 && this.#hasRoom(demand) && this.#fits(demand)
    if (mayStart) this.#begin(demand)
    return mayStart
  }

  #refusal({ user }: Demand): Failure | undefined {
    const { waiting, waitingPerUser } = this.#most
    const own = this.#waiting.get(user)?.size ?? 0
    if (own >= waitingPerUser) {
      const most = `${waitingPerUser} ${this.#what} of a user at once`
      return beyond('RATE_LIMITED', most, { hint: 'wait for answers', retry_after_ms: RETRY_MS })
    }
    return this.#queued >= waiting ? overloaded(this.#what, RETRY_MS) : undefined
  }

  /** Undefined: it may begin. A failure: nobody waits any more. */
  #wait(demand: Demand, gone: AbortSignal, patienceMs: number): Promise<Failure | undefined> {
    return new Promise((resolve) => {
      const timer = new AbortController()
      const end = (failure: Failure | undefined) => {
        this.#leave(waiting)
        timer.abort()
        gone.removeEventListener('abort', give_up)
        resolve(failure)
      }
      const give_up = () => {
        end(overloaded(this.#what, RETRY_MS))
        this.#next()
      }
      const waiting = { demand, start: () => end(undefined) }
      if (gone.aborted) return resolve(overloaded(this.#what, RETRY_MS))
      gone.addEventListener('abort', give_up)
      if (patienceMs !== Infinity) this.#after(patienceMs, give_up, timer.signal)
      this.#enter(waiting)
      this.#next()
    })
  }

  #permit(demand: Demand, client: AbortSignal): Permit {
    const gone = new AbortController()
    let state: 'working' | 'paused' | 'waiting' | 'released' = 'working'
    let leavePaused = (): unknown => undefined
    const release = () => {
      client.removeEventListener('abort', end)
      leavePaused()
      if (state === 'working') this.#end(demand)
      state = 'released'
    }
    const end = () => {
      release()
      gone.abort()
    }
    if (client.aborted) end()
    else client.addEventListener('abort', end)
    return {
      gone: gone.signal,
      release,
      pause: () => {
        if (state !== 'working') return
        state = 'paused'
        this.#end(demand)
        leavePaused = this.#paused.add(demand, end)
      },
      resume: async () => {
        if (state === 'paused') {
          state = 'waiting'
          const hasBegun =
            this.#startsNow(demand) || !(await this.#wait(demand, gone.signal, Infinity))
          leavePaused()
          if (hasBegun && !gone.signal.aborted) state = 'working'
          // Given back in the very turn in which it was its turn.
          else if (hasBegun) this.#end(demand)
        }
        gone.signal.throwIfAborted()
      },
    }
  }

  #hasRoom({ user, session_id }: Demand): boolean {
    const { total, perSession, perUser } = this.#most
    return (
      this.#running < total &&
      this.#users.of(user) < perUser &&
      this.#sessions.of(session_id) < perSession
    )
  }

  #fits({ units }: Demand): boolean {
    return this.#running === 0 || this.#units + units <= this.#most.units
  }

  #count({ user, session_id, units }: Demand, by: 1 | -1): void {
    this.#running += by
    this.#units += by * units
    this.#users.add(user, by)
    this.#sessions.add(session_id, by)
  }

  #begin(demand: Demand): void {
    this.#count(demand, 1)
  }

  #end(demand: Demand): void {
    this.#count(demand, -1)
    this.#next()
  }

  #enter(waiting: WaitingWork): void {
    const { user } = waiting.demand
    const own = this.#waiting.get(user) ?? new Set()
    this.#waiting.set(user, own.add(waiting))
    this.#queued += 1
  }

  #leave(waiting: WaitingWork): void {
    const { user } = waiting.demand
    const own = this.#waiting.get(user)
    if (!own?.delete(waiting)) return
    this.#queued -= 1
    if (own.size === 0) this.#waiting.delete(user)
  }

  /** Starts whoever may begin now. */
  #next(): void {
    for (let next = this.#nextWaiting(); next; next = this.#nextWaiting()) {
      this.#begin(next.demand)
      next.start()
    }
  }

  /** The users take turns; something large is not passed by until there is room for it. */
  #nextWaiting(): WaitingWork | undefined {
    for (const [user, own] of this.#waiting) {
      for (const waiting of own) {
        if (!this.#hasRoom(waiting.demand)) continue
        if (!this.#fits(waiting.demand)) return undefined
        this.#waiting.delete(user)
        this.#waiting.set(user, own)
        return waiting
      }
    }
    return undefined
  }
}

type PausedDemand = { demand: Demand; end: () => void }

/**
 * Work that waits for a slow client. It takes no time, but what it holds in memory: beyond so much
 * the oldest of the user who has most is ended, so that nobody holds a place by not reading.
 */
class PausedWork {
  readonly #most: { units: number; perUser: number }
  readonly #paused = new Set<PausedDemand>()

  constructor(most: { units: number; perUser: number }) {
    this.#most = most
  }

  get size(): number {
    return this.#paused.size
  }

  /** Takes it in; the function that is given takes it out again. */
  add(demand: Demand, end: () => void): () => void {
    const paused = { demand, end }
    this.#paused.add(paused)
    this.#shrink(demand.user)
    return () => this.#paused.delete(paused)
  }

  #shrink(newest: string): void {
    const own = [...this.#paused].filter(({ demand }) => demand.user === newest)
    if (own.length > this.#most.perUser) this.#end(own[0])
    while (this.#paused.size > 1 && this.#units() > this.#most.units)
      this.#end(this.#oldestOfMost())
  }

  #units(): number {
    let units = 0
    for (const { demand } of this.#paused) units += demand.units
    return units
  }

  #oldestOfMost(): PausedDemand | undefined {
    const byUser = new Map<string, PausedDemand[]>()
    for (const paused of this.#paused) {
      const { user } = paused.demand
      byUser.set(user, [...(byUser.get(user) ?? []), paused])
    }
    return [...byUser.values()].sort((a, b) => b.length - a.length)[0]?.[0]
  }

  #end(paused: PausedDemand | undefined): void {
    if (!paused) return
    this.#paused.delete(paused)
    paused.end()
  }
}
