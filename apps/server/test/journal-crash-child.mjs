import { writeSync } from 'node:fs'
import { Worker } from 'node:worker_threads'

// Appends to session `s` until it is killed and prints the last seq of each group that was
// acknowledged. It speaks to the built worker itself: Node 20 cannot load the TypeScript around it.
const [file, base, groupSize] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])]
const worker = new Worker(new URL('../dist/journal/sqlite-worker.js', import.meta.url), {
  workerData: { file, durability: 'full' },
})

let last = base
function appendGroup() {
  const commits = Array.from({ length: groupSize }, (_, i) => {
    const seq = last + 1 + i
    const command_id = `c${seq}`
    const body = JSON.stringify({ seq, text: 'x'.repeat(400) })
    return { seq, command_id, payload_hash: 'h', body, ack: null }
  })
  const batch = { session_id: 's', base_seq: last, commits, receipts: [] }
  worker.postMessage({ id: last, method: 'append', args: [[batch]] })
}

worker.on('message', (reply) => {
  if (reply.state !== 'done' || !reply.value[0].ok) {
    writeSync(2, `${JSON.stringify(reply)}\n`)
    process.exit(1)
  }
  last += groupSize
  // Synchronous, so that nothing printed is lost with the process.
  writeSync(1, `${last}\n`)
  appendGroup()
})
appendGroup()
