import type { Ack } from '@talus/protocol'
import type { Request } from './script.js'

/** A request from when it is first sent until it is answered; it may be sent several times. */
export type Attempt = {
  readonly request: Request
  /** Moments count up; no two things happen at one. */
  readonly sent: number
  /** How often it left. */
  tries: number
  outcome:
    | { state: 'open' }
    | { state: 'answered'; at: number; ack: Ack }
    /** Without an id of its own it cannot be sent again: nobody knows what became of it. */
    | { state: 'lost' }
}

/** The id that the sender chose. */
export function idOf({ request }: Pick<Attempt, 'request'>): string | undefined {
  return 'command_id' in request ? request.command_id : undefined
}

/** Everything that was asked, and what was answered. */
export class Ledger {
  readonly attempts: Attempt[] = []
  #moment = 0

  open(request: Request): Attempt {
    const attempt: Attempt = { request, sent: this.#next(), tries: 0, outcome: { state: 'open' } }
    this.attempts.push(attempt)
    return attempt
  }

  answer(attempt: Attempt, ack: Ack): void {
    attempt.outcome = { state: 'answered', at: this.#next(), ack }
  }

  lose(attempt: Attempt): void {
    attempt.outcome = { state: 'lost' }
  }

  #next(): number {
    this.#moment += 1
    return this.#moment
  }
}
