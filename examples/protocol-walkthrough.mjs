// The protocol document from beginning to end, in plain Socket.IO: Bob listens, Alice acts.
import io from 'socket.io-client'

const url = process.argv[2] ?? 'http://localhost:5000'
const session_id = crypto.randomUUID()

/** The document's "Event Summary": everything that the server sends. */
const EVENTS = [
  'joined',
  'left',
  'pong',
  'error',
  'session:connected',
  'session:disconnected',
  'node-created',
  'node-deleted',
  'property-changed',
  'node-linked',
  'node-unlinked',
  'command:executing',
  'command:executed',
  'command:failed',
  'command:undo',
  'command:redo',
]

function connect() {
  return io(url, {
    transports: ['websocket', 'polling'],
    reconnection: true,
    reconnectionAttempts: 5,
    reconnectionDelay: 1000,
  })
}

/**
 * @param {ReturnType<typeof connect>} socket
 * @param {string} event
 */
const heard = (socket, event) => new Promise((resolve) => socket.once(event, resolve))

const bob = connect()
bob.on('connect', () => console.log('Bob is connected'))
bob.on('connect_error', (error) => console.log('Bob cannot connect:', error.message))
bob.on('disconnect', () => console.log('Bob is disconnected'))
for (const event of EVENTS) bob.on(event, (data) => console.log(`${event}:`, data))

bob.emit('join_session', { session_id })
await heard(bob, 'joined')

const alice = connect()
alice.emit('join_session', { session_id })
await heard(alice, 'joined')

// The document names no event for executing; this server has one, with an acknowledgement.
/**
 * @param {string} command_type
 * @param {object} data
 */
const execute = (command_type, data) =>
  alice.emitWithAck('execute_command', { session_id, command_type, data })

const phase = (await execute('CreateNode', { blueprint_type_id: 'phase', name: 'Shoot' })).result
const task = (await execute('CreateNode', { blueprint_type_id: 'task', name: 'Light' })).result
const link = { parent_id: phase.node_id, child_id: task.node_id }
await execute('LinkNode', link)
await execute('UpdateProperty', { node_id: task.node_id, property_id: 'status', new_value: 'done' })
await execute('UnlinkNode', link)
await execute('CreateNode', { blueprint_type_id: 'task', parent_id: 'nowhere' })
await execute('DeleteNode', { node_id: task.node_id })

alice.emit('undo_command', { session_id })
await heard(bob, 'command:undo')
alice.emit('redo_command', { session_id })
await heard(bob, 'command:redo')

bob.emit('ping')
await heard(bob, 'pong')
bob.emit('join_session', {})
await heard(bob, 'error')

alice.emit('leave_session', { session_id })
await heard(bob, 'session:disconnected')
bob.emit('leave_session', { session_id })
await heard(bob, 'left')
alice.close()
bob.close()
