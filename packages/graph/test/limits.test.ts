import { ok, type Node, type Result } from '@talus/protocol'
import { describe, expect, test } from 'vitest'
import { GraphMeasure, type GraphLimits, type ProjectGraph } from '../src/index.js'
import { Session } from './session.js'

function limited(limits: GraphLimits): Session {
  const session = new Session()
  session.context.limits = limits
  return session
}

function refused(path: string, actual: number) {
  return {
    code: 'LIMIT_EXCEEDED',
    message: expect.stringMatching(/^Expected at most /),
    details: [{ path, expected: expect.stringMatching(/^at most /), actual }],
  }
}

const task = (node_id: string, parent_id: string | null = null) => ({
  command_type: 'CreateNode',
  data: { blueprint_type_id: 'task', node_id, parent_id },
})

describe('[LIM3] a session has at most so many', () => {
  test('nodes, those of a batch counted with it', () => {
    const session = limited({ nodes: 3 })
    session.create('ann', 'a')
    const commands = ['b', 'c', 'd'].map((id) => task(id, 'a'))
    expect(session.try('ann', 'Batch', { commands }).error).toMatchObject(
      refused('/data/commands/2/data', 4),
    )
    session.do('ann', 'Batch', { commands: commands.slice(1) })
    expect(session.try('ann', 'CreateNode', task('e').data).error).toEqual(refused('/data', 4))
    session.do('ann', 'DeleteNode', { node_id: 'd' })
    session.create('ann', 'e')
  })

  test('children of a node, and roots', () => {
    const session = limited({ children: 2 })
    for (const id of ['a', 'a1', 'a2']) session.create('ann', id, id === 'a' ? null : 'a')
    session.create('ann', 'b')
    const full = refused('/data/parent_id', 3)
    expect(session.try('ann', 'CreateNode', task('c').data).error).toEqual(full)
    expect(session.try('ann', 'CreateNode', task('a3', 'a').data).error).toEqual(full)
    expect(session.try('ann', 'LinkNode', { parent_id: 'a', child_id: 'b' }).error).toEqual(full)
    expect(session.try('ann', 'MoveNode', { node_id: 'b', parent_id: 'a' }).error).toEqual(full)
    const unlinked = session.try('ann', 'UnlinkNode', { parent_id: 'a', child_id: 'a1' })
    expect(unlinked.error).toEqual(refused('/data/child_id', 3))
    const inside = { node_id: 'a2', parent_id: 'a', position: { at: 'start' } }
    session.do('ann', 'MoveNode', inside)
  })

  test('levels: of new nodes, and of what is below a moved one', () => {
    const session = limited({ depth: 3 })
    for (const [id, parent] of ['a', 'b', 'c'].entries()) {
      session.create('ann', parent, ['a', 'b', 'c'][id - 1] ?? null)
    }
    const deep = refused('/data/parent_id', 4)
    expect(session.try('ann', 'CreateNode', task('d', 'c').data).error).toEqual(deep)
    session.create('ann', 'x')
    session.create('ann', 'y', 'x')
    expect(session.try('ann', 'LinkNode', { parent_id: 'b', child_id: 'x' }).error).toEqual(deep)
    expect(session.try('ann', 'MoveNode', { node_id: 'x', parent_id: 'b' }).error).toEqual(deep)
    session.do('ann', 'MoveNode', { node_id: 'x', parent_id: 'a' })
    session.context.limits = { depth: 2 }
    session.do('ann', 'MoveNode', { node_id: 'y', parent_id: 'a' })
  })

  test('properties of a node', () => {
    const session = limited({ properties: 2 })
    const properties = { p: 1, q: 2 }
    const more = { ...task('b').data, properties: { ...properties, r: 3 } }
    expect(session.try('ann', 'CreateNode', more).error).toEqual(refused('/data/properties', 3))
    session.create('ann', 'a', null, { properties })
    const third = session.try('ann', 'UpdateProperty', {
      node_id: 'a',
      property_id: 'r',
      new_value: 3,
    })
    expect(third.error).toEqual(refused('/data/property_id', 3))
    session.set('ann', 'a', 'q', 4)
    session.set('ann', 'a', 'name', 'Another name')
  })

  test.each([
    ['text in UTF-8', 'é'.repeat(50), 'é'.repeat(51), 102],
    ['of any plane', `${'🎬'.repeat(23)}名é`, '🎬'.repeat(26), 104],
    ['anything else as JSON', ['x'.repeat(96)], ['x'.repeat(97)], 101],
    ['escapes as JSON writes them', ['\n'.repeat(48)], ['\n'.repeat(49)], 102],
    ['keys too', { ['k'.repeat(94)]: 1 }, { ['k'.repeat(95)]: 1 }, 101],
  ])('bytes of a value: %s', (_what, fits, exceeds, actual) => {
    const session = limited({ valueBytes: 100 })
    session.create('ann', 'a', null, { properties: { p: fits } })
    const set = session.try('ann', 'UpdateProperty', {
      node_id: 'a',
      property_id: 'p',
      new_value: exceeds,
    })
    expect(set.error).toEqual(refused('/data/new_value', actual))
    const made = session.try('ann', 'CreateNode', {
      ...task('b').data,
      properties: { 'p/q': exceeds },
    })
    expect(made.error).toEqual(refused('/data/properties/p~1q', actual))
  })

  test('bytes of a name', () => {
    const session = limited({ valueBytes: 100 })
    const named = session.try('ann', 'CreateNode', { ...task('a').data, name: 'n'.repeat(101) })
    expect(named.error).toEqual(refused('/data/name', 101))
  })

  test('commands of a batch', () => {
    const session = limited({ batch: 2 })
    const commands = ['a', 'b', 'c'].map((id) => task(id))
    expect(session.try('ann', 'Batch', { commands }).error).toEqual(refused('/data/commands', 3))
    session.do('ann', 'Batch', { commands: commands.slice(1) })
  })
})

test('[LIM14] nodes are created and deleted until the session knows too many former ids', () => {
  const session = limited({ formerIds: 3 })
  for (let n = 0; n < 4; n += 1) {
    session.create('ann', `n${n}`)
    session.do('ann', 'DeleteNode', { node_id: `n${n}` })
  }
  expect(session.try('ann', 'CreateNode', task('n4').data).error).toMatchObject({
    code: 'LIMIT_EXCEEDED',
    details: [
      {
        expected: 'at most 3 ids of deleted nodes in the session',
        actual: 4,
        hint: 'undo brings nodes back; a project that is exported and imported has no former ids',
      },
    ],
  })
  session.undo('ann')
  expect(session.try('ann', 'CreateNode', task('n4').data).error).toBeUndefined()
})

test('[LIM4] undo brings back what was there, whatever the limits are by then', () => {
  const session = limited({})
  session.create('ann', 'a')
  session.create('ann', 'b', 'a')
  session.do('ann', 'DeleteNode', { node_id: 'a' })
  session.context.limits = { nodes: 1, depth: 1, children: 1, valueBytes: 1 }
  expect(session.undo('ann').undo).toEqual({ status: 'applied', skipped: [] })
  expect(session.graph.size).toBe(2)
})

function measured(nodes: readonly Node[], limits: GraphLimits): Result<null> {
  const measure = new GraphMeasure(limits)
  const counted = measure.count(nodes.length)
  if (!counted.ok) return counted
  for (const node of nodes) {
    const added = measure.add(node)
    if (!added.ok) return added
  }
  return ok(null)
}

describe('[LIM3] a whole graph', () => {
  const session = new Session()
  session.create('ann', 'p')
  session.create('ann', 'deep', 'p')
  session.set('ann', 'deep', 'x', 'y'.repeat(50))
  const nodes = session.graph.nodes()

  test.each([
    [{ nodes: nodes.length - 1 }, '/nodes'],
    [{ depth: session.graph.measureDepth() - 1 }, '/nodes/'],
    [{ children: 0 }, '/children'],
    [{ properties: 0 }, '/properties'],
    [{ valueBytes: 49 }, '/properties/x'],
  ])('is refused beyond %o', (limits, path) => {
    const checked = measured(nodes, limits)
    expect(checked).toMatchObject({ ok: false, error: { code: 'LIMIT_EXCEEDED' } })
    expect(checked).toMatchObject({
      error: { details: [{ path: expect.stringContaining(path) }] },
    })
  })

  test('is accepted up to the limits', () => {
    const depth = session.graph.measureDepth()
    const limits = { nodes: nodes.length, depth, children: 10, properties: 1, valueBytes: 50 }
    expect(measured(nodes, limits)).toEqual({ ok: true, value: null })
  })
})

/** A generator of numbers from 0 to 1 that a seed determines. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
}

function trueDepth(graph: ProjectGraph): number {
  let deepest = 0
  for (const id of graph.ids()) deepest = Math.max(deepest, graph.depthOf(id))
  return deepest
}

test.each(Array.from({ length: 20 }, (_, seed) => seed))(
  '[LIM3] no order of commands gets deeper than the limit (seed %i)',
  (seed) => {
    const random = randomFrom(seed)
    const depth = seed % 2 === 0 ? 6 : 80
    const session = limited({ depth })
    const pick = () => {
      const ids = [...session.graph.ids()]
      return ids[Math.floor(random() * ids.length)] ?? null
    }
    let refusals = 0
    let before = 0
    for (let n = 0; n < 400; n += 1) {
      const [node_id, parent_id] = [pick(), random() < 0.1 ? null : pick()]
      const roll = random()
      // Two of three below the newest node: chains grow as deep as they may.
      const below = random() < 0.66 && session.graph.has(`c${n - 1}`) ? `c${n - 1}` : parent_id
      let error
      if (roll < 0.6) error = session.try('ann', 'CreateNode', task(`c${n}`, below).data).error
      else if (roll < 0.9) error = session.try('ann', 'MoveNode', { node_id, parent_id }).error
      else if (roll < 0.95) error = session.try('ann', 'DeleteNode', { node_id }).error
      else error = session.undo('ann').error
      if (error?.code === 'LIMIT_EXCEEDED') refusals += 1
      const deepest = trueDepth(session.graph)
      // What an undo brings back may be deeper (LIM4).
      const most = roll < 0.95 ? Math.max(depth, before) : Infinity
      expect(deepest).toBeLessThanOrEqual(most)
      before = deepest
      expect(session.graph.depthBound).toBeGreaterThanOrEqual(deepest)
    }
    expect(session.graph.measureDepth()).toBe(trueDepth(session.graph))
    expect(refusals).toBeGreaterThan(depth === 6 ? 0 : -1)
  },
)
