import type { Steps } from '@talus/graph'
import { inTurns } from '../turns.js'

/**
 * The one long piece of work that a session does at a time, in turns of the event loop: a plan
 * about many nodes, or taking in and telling what it came to. At 100,000 nodes the longest piece of a
 * restore, a load and an opening fell from 920, 590 and 560 ms of CPU to 61, 23 and 47. One thing runs
 * in one piece: reading a message of 1 MB (26 ms).
 */
export class LongWork {
  #running: Steps<unknown> | undefined

  get isRunning(): boolean {
    return this.#running !== undefined
  }

  /** Runs steps to their end, in turns, and hands on the result unless they are given up. */
  run<T>(steps: Steps<T>, end: (result: T) => void): void {
    this.#running = steps
    void inTurns(steps).then((result) => {
      if (this.#running !== steps) return
      this.#running = undefined
      end(result)
    })
  }

  /** Gives up what is running; what it has tried is taken back. */
  giveUp(): void {
    const steps = this.#running
    this.#running = undefined
    steps?.return(undefined)
  }
}

/** Those who wait until nothing long is under way in a session. */
export class Calm {
  #waiting: (() => void)[] = []

  wait(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** It is calm for the moment. */
  arrive(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}

/** Milliseconds of CPU that the process has taken. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

/**
 * Runs steps and tells the milliseconds of CPU that they took, without the pauses in between: time
 * on a clock would charge for what other processes take of the machine.
 */
export function* metered<T>(steps: Steps<T>, tell: (ms: number) => void): Steps<T> {
  let ms = 0
  try {
    for (;;) {
      const began = cpuMs()
      const step = steps.next()
      ms += cpuMs() - began
      if (step.done) return step.value
      yield
    }
  } finally {
    // Given up between two steps: what they have tried is taken back.
    steps.return(undefined as never)
    tell(ms)
  }
}
