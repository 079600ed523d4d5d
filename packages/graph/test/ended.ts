import type { Steps } from '../src/index.js'

/** Runs steps to their end at once. */
export function ended<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}
