import type { Steps } from '@talus/graph'

/** Milliseconds of one piece of work after which everybody else has a turn. */
const TURN_MS = 4

/** Runs work that reads a whole graph without holding up the event loop. */
export async function inTurns<T>(steps: Steps<T>): Promise<T> {
  let since = performance.now()
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
    if (performance.now() - since < TURN_MS) continue
    await new Promise((resolve) => setImmediate(resolve))
    since = performance.now()
  }
}
