import type { Timing } from './cases.js'
import { measuredInterval } from './interval.js'
import { RawClient } from './raw-client.js'
import type { ServerProcess } from './server-process.js'

/** What the acknowledgement floor gave. */
export type NoopRound = {
  acksPerSecond: number
  /** Server CPU seconds for 1,000 acknowledgements. */
  cpu: number
  generatorShare: number
  othersShare: number
}

/** Every client asks for an empty acknowledgement again and again: the least a command can cost. */
export async function runNoopRound(
  server: ServerProcess,
  clients: number,
  timing: Timing,
): Promise<NoopRound> {
  const opened: RawClient[] = []
  for (let i = 0; i < clients; i++) opened.push(await RawClient.connect(server.url))
  let running = true
  let acks = 0
  for (const client of opened) {
    const next = () => {
      acks++
      if (running) client.emit(['noop'], next)
    }
    client.emit(['noop'], next)
  }
  try {
    const watched = { server, answered: () => acks }
    const interval = await measuredInterval(watched, timing)
    const { answers, seconds, serverCpu, generatorShare, othersShare } = interval
    return {
      acksPerSecond: answers / seconds,
      cpu: (1000 * serverCpu) / answers,
      generatorShare,
      othersShare,
    }
  } finally {
    running = false
    for (const client of opened) client.close()
  }
}
