import { makeGraph } from './graph-making.js'
import { connectMember } from './membership.js'
import { sendAll, type Request } from './requests.js'
import { nodeId } from './shape.js'

const NODES = 1_000

function update(session_id: string, i: number): Request {
  const data = { node_id: nodeId(i % NODES), property_id: 'status', new_value: `state ${i}` }
  return ['execute_command', { session_id, command_type: 'UpdateProperty', data }]
}

/** Makes a session of 1,000 nodes and sets so many properties, each a commit. */
export async function makeEditedSession(
  url: string,
  session_id: string,
  edits: number,
): Promise<void> {
  await makeGraph(url, session_id, { nodes: NODES, fanOut: 10 })
  const client = await connectMember(url, { session_id })
  const requests = Array.from({ length: edits }, (_, i) => update(session_id, i))
  await sendAll(client, requests, 200)
  client.close()
}
