import { call } from './http-call.js'
import { childrenOf, nodeId, parentOf, propertiesOf, type Shape } from './shape.js'

const TYPE = 'task'

type Imported = { project_id: string; session_id: string }

/** So many new nodes fit into one message. */
const NODES_PER_BATCH = 2_500

function createNode(index: number, shape: Shape) {
  const parent = parentOf(index, shape)
  return {
    command_type: 'CreateNode',
    data: {
      blueprint_type_id: TYPE,
      name: `Node ${index}`,
      node_id: nodeId(index),
      parent_id: parent === null ? null : nodeId(parent),
      properties: propertiesOf(index),
    },
  }
}

/** Makes a session with this graph, by batches of commands. */
export async function makeGraph(url: string, session_id: string, shape: Shape): Promise<void> {
  await call(url, { method: 'POST', path: '/sessions', body: JSON.stringify({ session_id }) })
  for (let first = 0; first < shape.nodes; first += NODES_PER_BATCH) {
    const length = Math.min(NODES_PER_BATCH, shape.nodes - first)
    const commands = Array.from({ length }, (_, i) => createNode(first + i, shape))
    const body = JSON.stringify({ session_id, command_type: 'Batch', data: { commands } })
    await call(url, { method: 'POST', path: '/commands/execute', body })
  }
}

/** A project file, as text, of this graph. */
export function projectFile(shape: Shape): string {
  const nodes = Array.from({ length: shape.nodes }, (_, index) => ({
    id: nodeId(index),
    type: TYPE,
    name: `Node ${index}`,
    properties: propertiesOf(index),
    children: childrenOf(index, shape).map(nodeId),
  }))
  return JSON.stringify({ graph: { nodes } })
}

/** The largest batch of new nodes that fits into one message, all at the end of the roots. */
export function batchOf(shape: Shape) {
  const commands = Array.from({ length: NODES_PER_BATCH }, (_, index) => {
    const { command_type, data } = createNode(index, shape)
    const { node_id: _id, parent_id: _parent, ...rest } = data
    return { command_type, data: rest }
  })
  return { command_type: 'Batch', data: { commands } }
}

/** Imports a project file; gives the ids of its project and session. */
export async function importGraph(url: string, file: string): Promise<Imported> {
  const answer = await call(url, { method: 'POST', path: '/projects/import', body: file })
  return JSON.parse(answer.toString()) as Imported
}
