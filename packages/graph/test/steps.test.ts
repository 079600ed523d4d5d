import { parseCommand, type Change, type Entry } from '@talus/protocol'
import { expect, test } from 'vitest'
import {
  finish,
  jsonInSteps,
  plan,
  planInSteps,
  type ProjectGraph,
  type Steps,
} from '../src/index.js'
import { NODES_PER_STEP } from '../src/steps.js'
import { Places } from '../src/undo/places.js'
import { Session } from './session.js'

/** A forest of 400 nodes, of which many have children. */
function wooded(): Session {
  const session = new Session()
  for (let n = 0; n < 400; n += 1) {
    session.create('ann', `n${n}`, n < 4 ? null : `n${Math.floor(n / 4)}`)
  }
  return session
}

function batch(): ReturnType<typeof parseCommand> {
  const commands: { command_type: string; data: object }[] = []
  for (let n = 0; n < 60; n += 1) {
    const data = { node_id: `new${n}`, blueprint_type_id: 't', parent_id: `n${n}` }
    commands.push({ command_type: 'CreateNode', data })
    const to = { node_id: `n${399 - n}`, parent_id: `n${n}`, position: { at: 'start' } }
    commands.push({ command_type: 'MoveNode', data: to })
    const value = { node_id: `n${n}`, property_id: 'x', new_value: n }
    commands.push({ command_type: 'UpdateProperty', data: value })
  }
  commands.push({ command_type: 'DeleteNode', data: { node_id: 'n1' } })
  return parseCommand('Batch', { commands })
}

type Watched<T> = { steps: number; value: T }

/** Runs steps on a graph; in each pause a reader sees what was there before the first. */
function watched<T>(graph: ProjectGraph, steps: Steps<T>): Watched<T> {
  const before = graph.nodes()
  graph.beginTrial()
  for (let count = 0; ; count += 1) {
    const step = steps.next()
    if (step.done) {
      graph.endTrial()
      return { steps: count, value: step.value }
    }
    const resume = graph.setTrialAside()
    expect(graph.nodes()).toEqual(before)
    resume()
  }
}

test('[CMD6] a batch planned in steps is what it is at once; a reader in between sees nothing of it', () => {
  const session = wooded()
  const command = batch()
  if (!command.ok) throw new Error(command.error.message)
  const atOnce = plan(session.graph, command.value, session.context)
  const { steps, value } = watched(
    session.graph,
    planInSteps(session.graph, command.value, session.context),
  )
  expect(steps).toBeGreaterThan(10)
  expect(value).toEqual(atOnce)
})

test('[CMD7] a plan that is given up leaves the graph as it was', () => {
  const session = wooded()
  const command = batch()
  if (!command.ok) throw new Error(command.error.message)
  const before = session.graph.nodes()
  for (let most = 1; most < 20; most += 3) {
    const steps = planInSteps(session.graph, command.value, session.context)
    for (let n = 0; n < most; n += 1) steps.next()
    steps.return({ ok: false, error: { code: 'OVERLOADED', message: '' } })
    expect(session.graph.nodes()).toEqual(before)
    expect(session.graph.isTaken('new0')).toBe(false)
  }
})

function changesOf(session: Session): Change[] {
  const command = batch()
  const planned = command.ok && plan(session.graph, command.value, session.context)
  if (!planned || !planned.ok) throw new Error('the batch has to be accepted')
  return planned.value.changes
}

test('[UNDO1] changes are applied, undone and redone in steps as at once', () => {
  const [stepwise, atOnce] = [wooded(), wooded()]
  const changes = changesOf(stepwise)
  const { steps } = watched(stepwise.graph, stepwise.graph.speculateInSteps(changes))
  expect(steps).toBeGreaterThan(3)
  atOnce.graph.apply(changes)
  expect(stepwise.graph.nodes()).toEqual(atOnce.graph.nodes())
  const entry = { kind: 'do', command_type: 'Batch', changes, seq: 401, command_id: 'big' } as const
  const whole: Entry = { ...entry, actor: { id: 'ann' }, timestamp: '2026-01-28T15:30:00Z' }
  atOnce.history.record(whole, JSON.stringify(whole))
  finish(stepwise.history.recordInSteps(whole, JSON.stringify(whole)))
  const query = { kind: 'undo', actor_id: 'ann' } as const
  const undone = watched(stepwise.graph, stepwise.history.planInSteps(stepwise.graph, query))
  expect(undone.steps).toBeGreaterThan(3)
  expect(undone.value).toEqual(atOnce.history.plan(atOnce.graph, query))
})

test('[CMD1] a project load is tried and taken back in steps', () => {
  const session = wooded()
  const before = session.graph.nodes()
  const nodes = new Session()
  for (let n = 0; n < 300; n += 1) nodes.create('ann', `m${n}`)
  const changes: Change[] = [{ type: 'graph-replaced', nodes: nodes.graph.nodes() }]
  const { value: takeBack } = watched(session.graph, session.graph.speculateInSteps(changes))
  expect(session.graph.nodes()).toEqual(nodes.graph.nodes())
  expect(session.graph.isTaken('n1')).toBe(true)
  takeBack()
  expect(session.graph.nodes()).toEqual(before)
  expect(session.graph.isTaken('m1')).toBe(false)
})

test('[CMD1] a load of the nodes that are there pauses as often as one of others', () => {
  const { graph } = wooded()
  const changes: Change[] = [{ type: 'graph-replaced', nodes: graph.nodes() }]
  const { steps } = watched(graph, graph.speculateInSteps(changes))
  // The nodes are read, what vanishes is retired, and what is there is taken.
  expect(steps).toBeGreaterThanOrEqual(Math.floor((3 * graph.size) / NODES_PER_STEP))
})

test('[ORD2] what a plan takes away again is followed in steps', () => {
  const { graph } = wooded()
  const changes = graph.nodes().map((node): Change => {
    return { type: 'node-removed', node, parent_id: node.parent_id, index: 0 }
  })
  const steps = [...new Places([], []).follow(changes)]
  expect(steps).toHaveLength(Math.floor(changes.length / NODES_PER_STEP))
})

test('[CMD1] JSON written in steps is what it is at once', () => {
  const session = wooded()
  const nodes = session.graph.nodes()
  const entry = {
    label: 'ä "quoted"',
    none: undefined,
    empty: [[], {}],
    changes: [{ type: 'graph-replaced', nodes }],
    result: { deleted_ids: nodes.map(({ id }) => id), long: 'x'.repeat(100_000), nothing: null },
  }
  let steps = 0
  const written = jsonInSteps(entry)
  let step = written.next()
  for (; !step.done; step = written.next()) steps += 1
  expect(step.value.join('')).toBe(JSON.stringify(entry))
  expect(step.value.length).toBeGreaterThan(1)
  expect(steps).toBeGreaterThan(1)
})
