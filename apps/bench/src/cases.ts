/** Closed: each writer sends its next command when the last is answered. Open: at a fixed rate. */
export type Pace = { kind: 'closed' } | { kind: 'open'; perSecond: number }

/** A shape of work: so many rooms, of so many clients, of whom so many write. */
export type Load = { rooms: number; members: number; writers: number; pace: Pace }

/** Seconds of each round, and how many rounds for each server. */
export type Timing = { warmUp: number; measure: number; rounds: number }

export type CaseName = '1x100' | '1x100-16' | '50x2' | 'steady'

export type Case = {
  name: CaseName
  title: string
  load: Load
  timing: Timing
  /** Whether the acknowledgement floor is measured beside it, with this many clients. */
  noopClients?: number
}

const closed: Pace = { kind: 'closed' }
const saturated: Timing = { warmUp: 0.8, measure: 2.4, rounds: 5 }

/** What is measured, in the order of the table. */
export const CASES: readonly Case[] = [
  {
    name: '1x100',
    title: 'one room of 100, 1 writer',
    load: { rooms: 1, members: 100, writers: 1, pace: closed },
    timing: saturated,
  },
  {
    name: '1x100-16',
    title: 'one room of 100, 16 writers',
    load: { rooms: 1, members: 100, writers: 16, pace: closed },
    timing: saturated,
  },
  {
    name: '50x2',
    title: '50 rooms of 2, a writer each',
    load: { rooms: 50, members: 2, writers: 1, pace: closed },
    timing: saturated,
    noopClients: 50,
  },
  {
    name: 'steady',
    title: 'one room of 100, 50 commands/s',
    load: { rooms: 1, members: 100, writers: 1, pace: { kind: 'open', perSecond: 50 } },
    // A p99 of 50 commands a second needs a while; its warm-up compiles the servers' code as well.
    timing: { warmUp: 2, measure: 5, rounds: 3 },
  },
]

/**
 * Runs once before the first round of a case. The compiler of V8 takes some ten thousand commands
 * to finish with either server; in a slow case that would be most of what is measured.
 */
export const PREHEAT: { load: Load; timing: Timing } = {
  load: { rooms: 20, members: 2, writers: 1, pace: closed },
  timing: { warmUp: 0, measure: 6, rounds: 1 },
}

/** Enough to see that everything works; its figures mean little. */
export const QUICK: Timing = { warmUp: 0.3, measure: 0.7, rounds: 1 }
