import { SWEEPS } from './open-sessions.js'

/** A timer with more would fire at once. */
const LONGEST_MS = 2 ** 31 - 1

type Sweeping = {
  /** A timer that does not keep the process. Monotonic: it knows no time of day. */
  after: (ms: number, work: () => void) => void
  minutes: number
  isOpen: () => boolean
}

/** Lets idle sessions go after so many minutes, or up to a quarter more. */
export function sweepIdle(sessions: { sweep: () => void }, sweeping: Sweeping): void {
  const { after, minutes, isOpen } = sweeping
  after(Math.min((minutes * 60_000) / SWEEPS, LONGEST_MS), () => {
    if (!isOpen()) return
    sessions.sweep()
    sweepIdle(sessions, sweeping)
  })
}
