import { parentPort, workerData } from 'node:worker_threads'
import { DatabaseSync } from '@photostructure/sqlite'
import type { Connection } from './sqlite-database.js'
import type { CheckpointOptions, CheckpointReply, CheckpointRequest } from './checkpoints.js'
import { messageOf } from './sqlite-error.js'

if (parentPort === null) throw new Error('checkpoint-worker runs in a worker thread only')
const port = parentPort
const { file } = workerData as CheckpointOptions
/** Opened when it is needed, and again after a failure. */
let connection: Connection | undefined

port.on('message', (request: CheckpointRequest) => {
  if (request === 'end') {
    connection?.close()
    port.close()
    return
  }
  port.postMessage(checkpoint() satisfies CheckpointReply)
})

function checkpoint(): CheckpointReply {
  try {
    connection ??= new DatabaseSync(file)
    connection.exec('pragma wal_checkpoint(passive)')
    return null
  } catch (error) {
    connection?.close()
    connection = undefined
    return messageOf(error)
  }
}
