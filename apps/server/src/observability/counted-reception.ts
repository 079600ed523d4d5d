import type { Reception } from '../gate/reception.js'
import type { Instruments } from './instruments.js'

/** Receives, and counts how that ended. */
export function countedReception(
  reception: Reception,
  { authentications }: Instruments,
): Reception {
  const accepted = authentications.labels('ok')
  return {
    ...reception,
    async receive(presented) {
      const received = await reception.receive(presented)
      if (received.ok) accepted.inc()
      else authentications.inc({ result: received.error.code })
      return received
    },
  }
}
