import { describe, expect, test } from 'vitest'
import type { Node } from '@talus/protocol'
import { film } from './film-session.js'
import type { Session } from './session.js'

describe('what the template no longer has', () => {
  /** f(w) where w is of a type that is gone, and s1 has a property that is gone. */
  function orphaned(): Session {
    const session = film()
    const nodes = session.graph.nodes()
    const widget = { ...(nodes[1] as Node), id: 'w', blueprint_type_id: 'widget' }
    const below = { ...widget, id: 'w1', blueprint_type_id: 'note', parent_id: 'w' }
    session.replace([
      ...nodes.map((node) => ({ ...node, properties: { ...node.properties, old: 1 } })),
      widget,
      below,
    ])
    return session
  }

  test('[TREE2] an orphan can be reordered, unlinked and deleted', () => {
    const session = orphaned()
    session.do('ann', 'MoveNode', { node_id: 'w', parent_id: 'f', position: { at: 'start' } })
    session.do('ann', 'UnlinkNode', { parent_id: 'f', child_id: 'w' })
    session.do('ann', 'DeleteNode', { node_id: 'w' })
    expect(session.graph.has('w1')).toBe(false)
  })

  test.each<[string, string, object]>([
    ['UNKNOWN_NODE_TYPE', 'UpdateProperty', { node_id: 'w', property_id: 'length', new_value: 1 }],
    ['UNKNOWN_NODE_TYPE', 'UpdateProperty', { node_id: 'w', property_id: 'name', new_value: 'x' }],
    ['UNKNOWN_NODE_TYPE', 'DeleteProperty', { node_id: 'w', property_id: 'old' }],
    ['TYPE_NOT_ALLOWED', 'CreateNode', { blueprint_type_id: 'note', parent_id: 'w' }],
    ['TYPE_NOT_ALLOWED', 'MoveNode', { node_id: 'w', parent_id: 's1' }],
    ['INVALID_PROPERTY', 'UpdateProperty', { node_id: 's1', property_id: 'old', new_value: 2 }],
  ])('[TREE2] %s: %s %j', (code, type, data) => {
    expect(orphaned().try('ann', type, data).error?.code).toBe(code)
  })

  test('[TREE2] an orphaned property can be deleted', () => {
    const session = orphaned()
    session.do('ann', 'DeleteProperty', { node_id: 's1', property_id: 'old' })
    expect(session.value('s1', 'old')).toBeUndefined()
  })
})
