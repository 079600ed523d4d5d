import { setTimeout as pause } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { RawClient } from '../raw-client.js'
import { call } from './http-call.js'
import { connectMember } from './membership.js'
import { seqOf, type Request } from './requests.js'

// A thread of its own: what the load generator does with megabytes must not delay its pings.

const PING_EVERY_MS = 2
const COMMIT_EVERY_MS = 10

/** The neighbour's session: it has one node. */
const session_id = 'neighbour'
const node_id = 'neighbour'

const { url } = workerData as { url: string }

function ping(client: RawClient): Promise<number> {
  const sentAt = performance.now()
  return new Promise((resolve) => {
    client.emit(['ping'], (_, receivedAt) => resolve(receivedAt - sentAt))
  })
}

async function makeSession(): Promise<void> {
  await call(url, { method: 'POST', path: '/sessions', body: JSON.stringify({ session_id }) })
  const data = { blueprint_type_id: 'task', node_id }
  const body = JSON.stringify({
    session_id,
    command_id: 'neighbour',
    command_type: 'CreateNode',
    data,
  })
  await call(url, { method: 'POST', path: '/commands/execute', body })
}

let commits = 0

function commit(client: RawClient): Promise<number> {
  const new_value = `${Date.now()} ${(commits += 1)}`
  const data = { node_id, property_id: 'note', new_value }
  const request: Request = ['execute_command', { session_id, command_type: 'UpdateProperty', data }]
  const sentAt = performance.now()
  return new Promise((resolve) => {
    client.emit(request, (answer, receivedAt) => {
      seqOf(answer, request)
      resolve(receivedAt - sentAt)
    })
  })
}

let running = true

/** The longest that something took which is done again and again, so many milliseconds apart. */
async function longestOf(once: () => Promise<number>, ms: number): Promise<number> {
  let longest = 0
  while (running) {
    longest = Math.max(longest, await once())
    await pause(ms)
  }
  return longest
}

const idle = await RawClient.connect(url)
await makeSession()
const neighbour = await connectMember(url, { session_id })
parentPort?.once('message', () => {
  running = false
})
parentPort?.postMessage('ready')
const [longestPing, longestCommit] = await Promise.all([
  longestOf(() => ping(idle), PING_EVERY_MS),
  longestOf(() => commit(neighbour), COMMIT_EVERY_MS),
])
parentPort?.postMessage({ ping: longestPing, commit: longestCommit })
idle.close()
neighbour.close()
