import { networkOf } from '../limits/address.js'
import type { RateLimit } from './rate-limits.js'
import type { Presented, Reception } from './reception.js'

/** Proofs from addresses beyond their rate that are looked at in the same moment. */
const AT_A_TIME = 16

/** Lets so many pieces of work run at a time; the others wait for their turn, in order. */
class Turns {
  readonly #waiting: (() => void)[] = []
  #running = 0

  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= AT_A_TIME) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    } else this.#running += 1
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#running -= 1
    }
  }
}

function isGuess({ token, share_token }: Presented): boolean {
  return token !== undefined || share_token !== undefined
}

/**
 * A reception that counts wrong tokens by address (rule LIM8). They change nothing for anybody who
 * presents a valid one: behind a proxy that is not named everybody has the same address, and whoever
 * sends nonsense would lock all of them out. Beyond the rate wrong tokens are answered RATE_LIMITED,
 * and what has to be looked at waits for a turn, so that all of it together costs no more than a few
 * verifications at a time. Requests without credentials are no attempts.
 */
export function limitFailures(reception: Reception, failures: RateLimit): Reception {
  const turns = new Turns()
  return {
    redeem: (share_token) => reception.redeem(share_token),
    async receive(presented) {
      if (!isGuess(presented)) return reception.receive(presented)
      const network = networkOf(presented.address)
      const isBeyond = failures.peek(network) !== undefined
      const receive = () => reception.receive(presented)
      const received = await (isBeyond ? turns.take(receive) : receive())
      if (received.ok || received.error.code !== 'UNAUTHORIZED') return received
      const limited = failures.take(network)
      return limited ? { ok: false, error: limited } : received
    },
  }
}
