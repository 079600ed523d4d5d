import { collectDefaultMetrics, Registry } from 'prom-client'
import { createInstruments, type Instruments } from './instruments.js'
import { exposeReadings, type Readings } from './readings.js'

/** The metrics of one app, and those of the process that it runs in. */
export type Metrics = {
  instruments: Instruments
  /** Adds what is only read. Called once. */
  expose: (readings: Readings) => void
  /** Everything in Prometheus' text format. */
  scrape: () => Promise<Scrape>
}

export type Scrape = { contentType: string; text: string }

let ofProcess: Registry | undefined

/**
 * CPU, memory, handles, garbage collection and the delay of the event loop. They are the process's,
 * however many apps it runs, and their observers cannot be taken away again: there is one set of
 * them, which begins to watch with the first scrape. Who never asks does not pay.
 */
function processRegistry(): Registry {
  if (!ofProcess) {
    ofProcess = new Registry()
    collectDefaultMetrics({ register: ofProcess })
  }
  return ofProcess
}

export function createMetrics(): Metrics {
  const registry = new Registry()
  return {
    instruments: createInstruments(registry),
    expose: (readings) => exposeReadings(registry, readings),
    async scrape() {
      const texts = await Promise.all([registry.metrics(), processRegistry().metrics()])
      return { contentType: registry.contentType, text: texts.join('\n') }
    },
  }
}
