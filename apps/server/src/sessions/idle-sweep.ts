import { SWEEPS } from './open-sessions.js'

/** A timer with more would fire at once. */
const LONGEST_MS = 2 ** 31 - 1

/** How often what is not to be kept any longer is looked for. */
const RETENTION_MS = 3_600_000

type Surroundings = {
  /** A timer that does not keep the process. Monotonic: it knows no time of day. */
  after: (ms: number, work: () => void) => void
  isOpen: () => boolean
}

type Sweeping = Surroundings & { minutes: number }

/** Lets idle sessions go after so many minutes, or up to a quarter more. */
export function sweepIdle(sessions: { sweep: () => void }, sweeping: Sweeping): void {
  const { after, minutes, isOpen } = sweeping
  after(Math.min((minutes * 60_000) / SWEEPS, LONGEST_MS), () => {
    if (!isOpen()) return
    sessions.sweep()
    sweepIdle(sessions, sweeping)
  })
}

/** Removes what is not to be kept any longer, every hour. */
export function sweepOld(
  sessions: { removeOld: () => Promise<void> },
  surroundings: Surroundings,
): void {
  surroundings.after(RETENTION_MS, () => {
    if (!surroundings.isOpen()) return
    void sessions.removeOld().then(() => sweepOld(sessions, surroundings))
  })
}
