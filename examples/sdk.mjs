import { connect } from '@talus/client'

const client = connect(process.argv[2] ?? 'http://localhost:5000', { actor: { id: 'ada' } })
const session = await client.join('sdk-example')
session.on('node-created', ({ node }) => console.log('created', node.name))
session.on('property-changed', ({ property_id, new_value }) => console.log(property_id, new_value))
session.on('command:undo', ({ command_type }) => console.log('undone', command_type))
client.on('reconnect', () => client.getGraph(session.id).then(console.log, console.error))

const task = { blueprint_type_id: 'task', name: 'Cut the trailer' }
const { node_id } = (await session.execute('CreateNode', task)).result
await session.execute('UpdateProperty', { node_id, property_id: 'status', new_value: 'done' })
await session.undo()
client.close()
