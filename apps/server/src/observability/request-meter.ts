import type { Counter } from 'prom-client'
import type { Instruments } from './instruments.js'

type Answered = { method: string; route: string; status: number; seconds: number }

/** Counts and times REST requests. */
export function requestMeter({ requests, requestSeconds }: Instruments) {
  const tallies = new Map<string, Counter.Internal>()
  return ({ method, route, status, seconds }: Answered): void => {
    const key = `${method} ${route} ${status}`
    const tally = tallies.get(key) ?? requests.labels(method, route, String(status))
    tallies.set(key, tally)
    tally.inc()
    requestSeconds.labels({ route }).observe(seconds)
  }
}
