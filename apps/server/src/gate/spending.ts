import type { Failure } from '@talus/protocol'
import type { Cost, Payer } from '../dispatch/task.js'
import { linkOfGuest } from './identity.js'
import type { RateLimit } from './rate-limits.js'

type Limits = Record<'user' | 'session', RateLimit>

/**
 * What commands cost is known when they are planned: a few bytes may undo a deletion of megabytes.
 * So a command is let in while its user and its session owe nothing, and charged afterwards with
 * the bytes that it writes to disk and the time that its plan took (rule LIM13).
 */
export class Spending {
  readonly #bytes: Limits
  readonly #work: Limits

  constructor({ bytes, work }: { bytes: Limits; work: Limits }) {
    this.#bytes = bytes
    this.#work = work
  }

  /** The refusal while too much was spent: RATE_LIMITED. */
  refusal({ actor_id, session_id }: { actor_id: string; session_id?: string | undefined }) {
    const user = linkOfGuest(actor_id) ?? actor_id
    return this.#overdrawn('user', user) ?? this.#overdrawn('session', session_id ?? '')
  }

  charge({ actor_id, session_id }: Payer, { bytes, ms }: Cost): void {
    // Anybody may be any number of guests: those of one link have one account.
    const user = linkOfGuest(actor_id) ?? actor_id
    if (bytes > 0) {
      this.#bytes.user.charge(user, bytes)
      this.#bytes.session.charge(session_id, bytes)
    }
    if (ms > 0) {
      this.#work.user.charge(user, ms)
      this.#work.session.charge(session_id, ms)
    }
  }

  #overdrawn(who: keyof Limits, key: string): Failure | undefined {
    return this.#bytes[who].overdrawn(key) ?? this.#work[who].overdrawn(key)
  }
}
