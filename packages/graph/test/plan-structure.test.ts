import { describe, expect, test } from 'vitest'
import { film, plain } from './film-session.js'

describe('structure', () => {
  test('[DEL1] a deletion names every node, leaves first', () => {
    const session = plain()
    const { entry, result } = session.try('ann', 'DeleteNode', { node_id: 'r' })
    expect(result).toEqual({ deleted_ids: ['r', 'a', 'b', 'c'] })
    expect(
      entry?.changes.map(
        (change) => change.type === 'node-removed' && [change.node.id, change.index],
      ),
    ).toEqual([
      ['c', 0],
      ['b', 1],
      ['a', 0],
      ['r', 0],
    ])
    expect(session.graph.roots()).toEqual(['s'])
  })

  test('[MOVE1] link, move and unlink are one change each', () => {
    const session = plain()
    const changes = (type: string, data: object) => session.try('ann', type, data).entry?.changes
    expect(
      changes('LinkNode', { parent_id: 'r', child_id: 's', position: { at: 'start' } }),
    ).toEqual([
      {
        type: 'node-moved',
        node_id: 's',
        from: { parent_id: null, index: 1, after: 'r' },
        to: { parent_id: 'r', index: 0 },
      },
    ])
    expect(changes('MoveNode', { node_id: 'b', parent_id: 's' })).toEqual([
      {
        type: 'node-moved',
        node_id: 'b',
        from: { parent_id: 'r', index: 2, after: 'a' },
        to: { parent_id: 's', index: 0 },
      },
    ])
    expect(changes('UnlinkNode', { parent_id: 'r', child_id: 's' })).toEqual([
      {
        type: 'node-moved',
        node_id: 's',
        from: { parent_id: 'r', index: 0 },
        to: { parent_id: null, index: 1 },
      },
    ])
    expect(session.graph.nodes().map((node) => node.id)).toEqual(['r', 'a', 's', 'b', 'c'])
  })

  test.each<[string, string, string, object, string]>([
    ['DEL1', 'NODE_NOT_FOUND', 'DeleteNode', { node_id: 'x' }, '/data/node_id'],
    ['TREE1', 'INVALID_PARENT', 'LinkNode', { parent_id: 'x', child_id: 's' }, '/data/parent_id'],
    ['TREE1', 'NODE_NOT_FOUND', 'LinkNode', { parent_id: 'r', child_id: 'x' }, '/data/child_id'],
    ['TREE1', 'ALREADY_LINKED', 'LinkNode', { parent_id: 's', child_id: 'a' }, '/data/child_id'],
    ['TREE1', 'CYCLE_DETECTED', 'LinkNode', { parent_id: 'c', child_id: 'r' }, '/data/parent_id'],
    ['TREE1', 'CYCLE_DETECTED', 'LinkNode', { parent_id: 's', child_id: 's' }, '/data/parent_id'],
    ['TREE2', 'INVALID_PARENT', 'UnlinkNode', { parent_id: 'x', child_id: 'a' }, '/data/parent_id'],
    ['TREE1', 'NODE_NOT_FOUND', 'UnlinkNode', { parent_id: 'r', child_id: 'x' }, '/data/child_id'],
    ['TREE1', 'NOT_LINKED', 'UnlinkNode', { parent_id: 'r', child_id: 'c' }, '/data/parent_id'],
    ['TREE1', 'NOT_LINKED', 'UnlinkNode', { parent_id: 'r', child_id: 's' }, '/data/parent_id'],
    ['MOVE1', 'NODE_NOT_FOUND', 'MoveNode', { node_id: 'x', parent_id: null }, '/data/node_id'],
    ['MOVE1', 'INVALID_PARENT', 'MoveNode', { node_id: 'a', parent_id: 'x' }, '/data/parent_id'],
    ['TREE1', 'CYCLE_DETECTED', 'MoveNode', { node_id: 'b', parent_id: 'c' }, '/data/parent_id'],
    ['TREE1', 'CYCLE_DETECTED', 'MoveNode', { node_id: 's', parent_id: 's' }, '/data/parent_id'],
  ])('[%s] %s: %s %j', (_, code, type, data, path) => {
    expect(plain().try('ann', type, data).error).toMatchObject({ code, details: [{ path }] })
  })

  test('[TREE2] allowed children hold for moves and links, not for reordering', () => {
    const session = film()
    session.create('ann', 'shot', null, { blueprint_type_id: 'shot' })
    const to = (parent_id: string | null) =>
      session.try('ann', 'MoveNode', { node_id: 'shot', parent_id })
    expect(to('f').error).toMatchObject({
      code: 'TYPE_NOT_ALLOWED',
      details: [{ expected: 'one of scene, person' }],
    })
    expect(to('p1').error).toMatchObject({
      code: 'TYPE_NOT_ALLOWED',
      details: [{ expected: 'no child there' }],
    })
    const linked = session.try('ann', 'LinkNode', { parent_id: 'f', child_id: 'shot' })
    expect(linked.error).toMatchObject({
      code: 'TYPE_NOT_ALLOWED',
      details: [{ path: '/data/child_id' }],
    })
    expect(to('s1').error).toBeUndefined()
    expect(to(null).error).toBeUndefined()
  })
})
