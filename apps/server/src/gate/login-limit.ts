import type { RateLimit } from './rate-limits.js'
import type { Reception } from './reception.js'

/**
 * A reception that turns an address away for a while from which too many wrong tokens have come
 * (rule LIM8). Who presents nothing has not guessed.
 */
export function limitFailures(reception: Reception, failures: RateLimit): Reception {
  return {
    redeem: (share_token) => reception.redeem(share_token),
    async receive(presented) {
      const { address, token, share_token } = presented
      const error = failures.peek(address)
      if (error) return { ok: false, error }
      const received = await reception.receive(presented)
      const guessed = token !== undefined || share_token !== undefined
      if (!received.ok && received.error.code === 'UNAUTHORIZED' && guessed) failures.take(address)
      return received
    },
  }
}
