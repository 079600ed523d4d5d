import { parentPort, workerData } from 'node:worker_threads'
import { DatabaseSync } from '@photostructure/sqlite'
import type { CheckpointRequest, CheckpointOptions } from './checkpoints.js'

if (parentPort === null) throw new Error('checkpoint-worker runs in a worker thread only')
const port = parentPort

const connection = new DatabaseSync((workerData as CheckpointOptions).file)

port.on('message', (request: CheckpointRequest) => {
  if (request === 'end') {
    connection.close()
    port.close()
    return
  }
  try {
    connection.exec('pragma wal_checkpoint(passive)')
  } catch {
    // As with those that SQLite makes by itself: the log has everything, and the next one tries again.
  }
  port.postMessage('done')
})
