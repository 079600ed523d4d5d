// The client of the integration document, section 8, word for word, between the two lines below.
// Only `io` differs: it lets the server be another than localhost:5000.
import { io as connect } from 'socket.io-client'

const server = process.argv[2] ?? 'http://localhost:5000'

/**
 * @param {string} url
 * @param {Parameters<typeof connect>[1]} options
 */
const io = (url, options) => connect(url.replace('http://localhost:5000', server), options)

const addNodeToTree = console.log.bind(console, 'tree: add')
const removeNodeFromTree = console.log.bind(console, 'tree: remove')
const updatePropertyDisplay = console.log.bind(console, 'inspector: set')

// ---------------------------------------------------------------------------------------------

// Connect to WebSocket
const socket = io('http://localhost:5000/graph', {
  auth: {
    session_id: 'your-session-id-here',
  },
  reconnection: true,
  reconnectionDelay: 1000,
  reconnectionDelayMax: 5000,
  reconnectionAttempts: 5,
})

// Connection events
socket.on('connect', () => {
  console.log('Connected to graph WebSocket')
})

socket.on('disconnect', () => {
  console.log('Disconnected from WebSocket')
})

socket.on('session:connected', (data) => {
  console.log(`Session connected, ${data.client_count} clients online`)
})

// Graph events
socket.on('graph:node-created', (data) => {
  console.log('Node created:', data)
  // Update UI: Add node to tree
  addNodeToTree(data.node_id, data.name, data.parent_id)
})

socket.on('graph:node-deleted', (data) => {
  console.log('Node deleted:', data)
  // Update UI: Remove node from tree
  removeNodeFromTree(data.node_id)
})

socket.on('graph:property-changed', (data) => {
  console.log('Property changed:', data)
  // Update UI: Update property in inspector
  updatePropertyDisplay(data.node_id, data.property_id, data.new_value)
})

// Command events
socket.on('command:executing', (data) => {
  console.log('Command executing:', data.command_type)
  // Show spinner/loading indicator
})

socket.on('command:executed', (data) => {
  console.log('Command executed:', data.command_type)
  // Hide spinner
})

socket.on('command:failed', (data) => {
  console.error('Command failed:', data.error)
  // Show error message to user
})

// Error handling
socket.on('error', (error) => {
  console.error('WebSocket error:', error)
})

// ---------------------------------------------------------------------------------------------

// This client only listens, so somebody else changes the graph: over REST, as in section 7.
/**
 * @param {string} command_type
 * @param {object} data
 * @returns {Promise<{ result: { node_id: string } }>}
 */
async function execute(command_type, data) {
  const response = await fetch(`${server}/api/v1/commands/execute`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-session-id': 'your-session-id-here' },
    body: JSON.stringify({ command_type, data }),
  })
  return JSON.parse(await response.text())
}

await new Promise((resolve) => socket.once('session:connected', resolve))
const { result } = await execute('CreateNodeCommand', { blueprint_type_id: 'task', name: 'Shoot' })
const { node_id } = result
await execute('UpdateProperty', { node_id, property_id: 'status', new_value: 'done' })
await execute('CreateNode', { blueprint_type_id: 'task', parent_id: 'nowhere' })
const gone = new Promise((resolve) => socket.once('graph:node-deleted', resolve))
await execute('DeleteNode', { node_id })
await gone
socket.close()
