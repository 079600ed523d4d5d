import { connect } from '@talus/client'

const client = connect(process.argv[2] ?? 'http://localhost:5000', { actor: { id: 'ada' } })
const session = await client.join('sdk-example')
const { graph } = session

// Called after every change, whoever made it.
graph.subscribe(() => console.log(graph.roots().map((id) => graph.node(id)?.name)))

// The graph shows it at once; the promise resolves when it is durable.
const creating = session.execute('CreateNode', {
  blueprint_type_id: 'task',
  name: 'Cut the trailer',
})
console.log('at once:', graph.roots().length)
const { node_id } = (await creating).result

const status = { node_id, property_id: 'status', new_value: 'done' }
await session.execute('UpdateProperty', status)
console.log('status:', graph.node(node_id)?.properties['status'])
await session.undo()
console.log('undone:', graph.node(node_id)?.properties['status'])

// A refused command is rolled back, and the error says why.
session.on('rejected', (error) => console.log('refused:', error.code))
await session.execute('DeleteNode', { node_id: 'no-such-node' }).catch(() => {})
client.close()
