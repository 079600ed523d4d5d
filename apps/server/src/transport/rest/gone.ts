import type { FastifyReply } from 'fastify'

/** Aborted when the connection closes before the answer is sent, and when all of it is sent. */
export function goneSignal({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController()
  raw.once('close', () => gone.abort())
  return gone.signal
}

/** `signal` is not aborted between `begin` and `end`. */
export type GoneBesides = { signal: AbortSignal; begin: () => void; end: () => void }

/**
 * The same for work that goes on whether or not somebody waits for it: between `begin` and `end` it
 * is not aborted, and then at once if the client has gone.
 */
export function goneBesides({ raw }: FastifyReply): GoneBesides {
  const gone = new AbortController()
  let [isWorking, isGone] = [false, false]
  raw.once('close', () => {
    isGone = true
    if (!isWorking) gone.abort()
  })
  return {
    signal: gone.signal,
    begin: () => {
      isWorking = true
    },
    end: () => {
      isWorking = false
      if (isGone) gone.abort()
    },
  }
}
