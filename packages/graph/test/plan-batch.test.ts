import { describe, expect, test } from 'vitest'
import { plain } from './film-session.js'

describe('Batch', () => {
  const commands = [
    { command_type: 'CreateNode', data: { blueprint_type_id: 't', node_id: 'p' } },
    { command_type: 'CreateNode', data: { blueprint_type_id: 't', node_id: 'q', parent_id: 'p' } },
    { command_type: 'UpdateProperty', data: { node_id: 'q', property_id: 'x', new_value: 1 } },
    { command_type: 'LinkNode', data: { parent_id: 'q', child_id: 's' } },
  ]

  test('[CMD6] later commands use what earlier ones made; one entry', () => {
    const session = plain()
    const { entry, result } = session.try('ann', 'Batch', { commands })
    expect(result).toEqual({ results: [{ node_id: 'p' }, { node_id: 'q' }, null, null] })
    expect(entry?.changes).toHaveLength(4)
    expect(session.graph.node('q')).toMatchObject({
      parent_id: 'p',
      children: ['s'],
      properties: { x: 1 },
    })
  })

  test('[CMD6] all or nothing; the failure says which command', () => {
    const session = plain()
    const before = session.state()
    const bad = { command_type: 'MoveNode', data: { node_id: 'p', parent_id: 'q' } }
    const { error } = session.try('ann', 'Batch', { commands: [...commands, bad] })
    expect(error).toMatchObject({
      code: 'CYCLE_DETECTED',
      details: [{ path: '/data/commands/4/data/parent_id' }],
    })
    expect(session.state()).toEqual(before)
    expect(session.graph.isTaken('p')).toBe(false)
  })

  test('[CMD4] a batch of nothing is nothing', () => {
    const session = plain()
    const same = {
      command_type: 'UpdateProperty',
      data: { node_id: 'a', property_id: 'name', new_value: 'task' },
    }
    expect(session.try('ann', 'Batch', { commands: [same, same] })).toEqual({
      result: { results: [null, null] },
    })
  })
})
