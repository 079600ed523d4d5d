import type { CommandType, SimpleCommand } from '@talus/protocol'
import type { Random } from './random.js'

/** What somebody may do to a graph, or try: a command, or now and then several in a batch. */
export function randomCommand(
  random: Random,
  graph: { walk(): Iterable<{ id: string }> },
  actor: string,
): { command_type: CommandType; data: object } {
  const ids = Array.from(graph.walk(), ({ id }) => id)
  const one = () => simple(random, ids, actor)
  if (!random.chance(0.15)) return one()
  const commands = Array.from({ length: 1 + random.below(4) }, one)
  return { command_type: 'Batch', data: { commands } }
}

/** Beyond so many nodes, more are deleted than made. */
const MANY = 150

function simple(random: Random, ids: readonly string[], actor: string): SimpleCommand {
  const parent_id = random.chance(0.25) || ids.length === 0 ? null : random.one(ids)
  if (ids.length < 3 || random.chance(ids.length < MANY ? 0.3 : 0.05)) {
    const name = `${actor} ${random.below(1_000)}`
    const position = { index: random.below(4) }
    return {
      command_type: 'CreateNode',
      data: { blueprint_type_id: 't', name, parent_id, position },
    }
  }
  const node_id = random.one(ids)
  if (random.chance(0.1)) return { command_type: 'DeleteNode', data: { node_id } }
  if (random.chance(0.4)) {
    const position = random.chance(0.5) ? { index: random.below(4) } : { after: random.one(ids) }
    return { command_type: 'MoveNode', data: { node_id, parent_id, position } }
  }
  const property_id = random.one(['p', 'q', 'name'])
  if (random.chance(0.15) && property_id !== 'name') {
    return { command_type: 'DeleteProperty', data: { node_id, property_id } }
  }
  const new_value = `v${random.below(5)}`
  return { command_type: 'UpdateProperty', data: { node_id, property_id, new_value } }
}
