import { fileURLToPath } from 'node:url'
import { measuredInterval } from './interval.js'
import { Listener } from './listener.js'
import { RawClient } from './raw-client.js'
import { ServerProcess } from './server-process.js'

const CLIENTS = 100
const TIMING = { warmUp: 0.5, measure: 1.5, rounds: 1 }

/** What the load generator takes in when somebody else does nothing but send. */
export type GeneratorLimit = {
  commandsPerWrite: number
  eventsPerSecond: number
  generatorShare: number
}

/** Measures how many events a second a hundred listeners can count on one core. */
export async function generatorLimit(commandsPerWrite: number): Promise<GeneratorLimit> {
  const program = fileURLToPath(new URL('firehose-server.js', import.meta.url))
  const server = await ServerProcess.start([program, String(commandsPerWrite)])
  const clients: RawClient[] = []
  try {
    let executed = 0
    for (let i = 0; i < CLIENTS; i++) {
      const client = await RawClient.connect(server.url)
      const listener = new Listener(() => executed++)
      client.listen((bytes, start, end, at) => listener.event(bytes, start, end, at))
      clients.push(client)
    }
    for (const client of clients) client.emit(['start'], () => {})
    const interval = await measuredInterval({ server, answered: () => executed }, TIMING)
    return {
      commandsPerWrite,
      eventsPerSecond: (3 * interval.answers) / interval.seconds,
      generatorShare: interval.generatorShare,
    }
  } finally {
    for (const client of clients) client.close()
    await server.stop()
  }
}
