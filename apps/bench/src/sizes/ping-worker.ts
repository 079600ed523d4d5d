import { setTimeout as pause } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { RawClient } from '../raw-client.js'

// A thread of its own: what the load generator does with megabytes must not delay its pings.

const INTERVAL_MS = 2

const { url } = workerData as { url: string }

function ping(client: RawClient): Promise<number> {
  const sentAt = performance.now()
  return new Promise((resolve) => {
    client.emit(['ping'], (_, receivedAt) => resolve(receivedAt - sentAt))
  })
}

const client = await RawClient.connect(url)
let running = true
parentPort?.once('message', () => {
  running = false
})
parentPort?.postMessage('ready')
const times: number[] = []
while (running) {
  times.push(await ping(client))
  await pause(INTERVAL_MS)
}
parentPort?.postMessage(times)
client.close()
