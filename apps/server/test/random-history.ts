import type { Entry, Node } from '@talus/protocol'
import { ProjectGraph } from '@talus/graph'
import type { RawClient, TestApp } from './harness.js'

/** Numbers below a bound from a seed, so that a failure can be played again. */
export function dice(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    // mulberry32
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

const NAMES = Array.from({ length: 30 }, (_, n) => `n${n}`)

type Sent = [event: string, payload: object]

function command(command_type: string, data: object): Sent {
  return ['execute_command', { command_type, data }]
}

/** One command; often enough it is refused, or changes nothing. */
function randomCommand(roll: (below: number) => number): Sent {
  const node_id = NAMES[roll(NAMES.length)]
  const other = NAMES[roll(NAMES.length)]
  const parent_id = roll(2) === 0 ? null : other
  switch (roll(10)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return command('CreateNode', { blueprint_type_id: 't', node_id, parent_id })
    case 4:
      return command('UpdateProperty', { node_id, property_id: 'x', new_value: roll(5) })
    case 5:
      return command('MoveNode', { node_id, parent_id, position: { index: roll(3) } })
    case 6:
      return command('DeleteNode', { node_id })
    case 7:
      return command('Batch', {
        commands: [
          { command_type: 'CreateNode', data: { blueprint_type_id: 't', parent_id } },
          {
            command_type: 'UpdateProperty',
            data: { node_id, property_id: 'name', new_value: 'x' },
          },
        ],
      })
    case 8:
      return ['undo_command', {}]
    default:
      return ['redo_command', {}]
  }
}

/** Plays random commands in a session. */
export async function play(
  writer: RawClient,
  session_id: string,
  { seed, count }: { seed: number; count: number },
): Promise<void> {
  const roll = dice(seed)
  for (let i = 0; i < count; i += 1) {
    const [event, payload] = randomCommand(roll)
    await writer.ask(event, { session_id, ...payload })
  }
}

/** All entries of a session. */
export async function entriesOf(app: TestApp, session_id: string): Promise<Entry[]> {
  const { body } = await app.api('GET', `/sessions/${session_id}/changes?limit=1000`)
  return body.entries as Entry[]
}

/** The nodes after each seq, from 0, by replaying the entries. */
export function replayed(entries: readonly Entry[]): Node[][] {
  const graph = ProjectGraph.empty()
  return [
    [],
    ...entries.map((entry) => {
      graph.apply(entry.changes)
      return structuredClone(graph.nodes())
    }),
  ]
}
