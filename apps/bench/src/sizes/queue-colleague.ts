import { connect } from '@talus/client'
import { parentPort, workerData } from 'node:worker_threads'

// A thread of its own: only the loop of the client with the queue is measured.

/** 50 changes a second. */
const INTERVAL_MS = 20

const { url, session_id, node_ids, property_id } = workerData as {
  url: string
  session_id: string
  node_ids: readonly string[]
  property_id: string
}

const client = connect(url, { actor: 'colleague', store: null })
const session = await client.join(session_id)
let made = 0
setInterval(() => {
  made += 1
  const node_id = node_ids[made % node_ids.length] ?? ''
  // Every third one stands in the same list as those of the queue.
  if (made % 3 === 0) {
    void session.execute('CreateNode', { blueprint_type_id: 'task', name: `theirs ${made}` })
  } else {
    void session.execute('UpdateProperty', { node_id, property_id, new_value: made })
  }
}, INTERVAL_MS)
parentPort?.postMessage('ready')
