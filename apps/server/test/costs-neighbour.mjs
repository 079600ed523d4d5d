// A client in a session of its own: a command every 20 ms, and how long each took to be answered.
import { parentPort, workerData } from 'node:worker_threads'
import { io } from 'socket.io-client'

const { url, token } = workerData
const session_id = 'neighbour'
const socket = io(url, { transports: ['websocket'], forceNew: true, auth: { token } })
/** Each command with the time of its answer, undefined while there is none. */
let taken = []
let value = 0

function command() {
  value += 1
  const one = { begun: performance.now(), answered: undefined }
  taken.push(one)
  const data = { node_id: 'n', property_id: 'p', new_value: value }
  socket.emit('execute_command', { session_id, command_type: 'UpdateProperty', data }, (ack) => {
    one.answered = ack.ok ? performance.now() : Infinity
  })
}

socket.on('disconnect', (reason) => parentPort.postMessage({ gone: reason }))
socket.once('connect', async () => {
  await socket.emitWithAck('join_session', { session_id })
  const data = { blueprint_type_id: 't', node_id: 'n' }
  await socket.emitWithAck('execute_command', { session_id, command_type: 'CreateNode', data })
  setInterval(command, 20)
  parentPort.postMessage({ ready: true })
})

parentPort.on('message', () => {
  const now = performance.now()
  // One that is not answered yet has taken so long by now.
  parentPort.postMessage({ times: taken.map(({ begun, answered = now }) => answered - begun) })
  taken = taken.filter(({ answered }) => answered === undefined)
})
