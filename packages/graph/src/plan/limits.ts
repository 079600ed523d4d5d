import { ok, type JsonValue, type Node, type Result } from '@talus/protocol'
import { jsonBytes } from '../json-size.js'
import type { Properties } from '../node-record.js'
import type { ProjectGraph } from '../project-graph.js'
import { refuse } from './refusals.js'

/** How large a graph may become (rule LIM3). What is absent has no limit. */
export type GraphLimits = {
  nodes?: number
  /** Ids of nodes that are gone; beyond, no node is created (rule LIM14). */
  formerIds?: number
  /** Levels; a root is on the first. */
  depth?: number
  /** Of one node; of the roots as well. */
  children?: number
  /** Of one node. */
  properties?: number
  /** Bytes of a name or of the value of a property: text in UTF-8, anything else as JSON. */
  valueBytes?: number
  /** Commands of one batch. */
  batch?: number
}

type Measure = keyof GraphLimits

const EXPECTED: Record<Measure, (most: string) => string> = {
  nodes: (most) => `at most ${most} nodes in the session`,
  formerIds: (most) => `at most ${most} ids of deleted nodes in the session`,
  depth: (most) => `at most ${most} levels`,
  children: (most) => `at most ${most} nodes below one parent, or roots`,
  properties: (most) => `at most ${most} properties of one node`,
  valueBytes: (most) => `at most ${most} bytes`,
  batch: (most) => `at most ${most} commands in a batch`,
}

/** What can be done, where it does not go without saying. */
const HINTS: Partial<Record<Measure, string>> = {
  formerIds: 'undo brings nodes back; a project that is exported and imported has no former ids',
}

/** As a plan has them: none at all, or some. */
type Limits = GraphLimits | undefined

/** A refusal when something would measure more than it may. */
function within(
  measure: Measure,
  { most, actual, path }: { most: number; actual: number; path: string },
): Result<null> {
  if (actual <= most) return ok(null)
  const expected = EXPECTED[measure](most.toLocaleString('en'))
  const hint = HINTS[measure]
  return refuse('LIMIT_EXCEEDED', { message: `Expected ${expected}`, path, expected, actual, hint })
}

export function roomForNode(graph: ProjectGraph, limits: Limits): Result<null> {
  const { nodes = Infinity, formerIds = Infinity } = limits ?? {}
  const room = within('nodes', { most: nodes, actual: graph.size + 1, path: '/data' })
  if (!room.ok) return room
  return within('formerIds', { most: formerIds, actual: graph.formerIds, path: '/data' })
}

/** `moving`: a node of the graph, with what is below it; without it, one that is to be made. */
type Place = { parent_id: string | null; moving?: string; path: string }

/**
 * How deep a node, with what is below it, would reach at that place; 0: no deeper than it may. The
 * walk up to the roots is only made when the graph is nearly as deep as it may be.
 */
function reach(graph: ProjectGraph, { parent_id, moving }: Place, most: number): number {
  if (moving === undefined || graph.childCount(moving) === 0) {
    return graph.depthBound < most ? 0 : graph.depthOf(parent_id) + 1
  }
  if (2 * graph.depthBound <= most) return 0
  const above = graph.depthOf(parent_id)
  if (above + graph.depthBound <= most) return 0
  const deepest = above + graph.heightOf(moving)
  // Somebody may have lowered the limit: what is too deep may still go up.
  return deepest > most && above < graph.depthOf(moving) ? 0 : deepest
}

/** Whether one more node may stand below a parent, or among the roots. */
export function roomBelow(graph: ProjectGraph, place: Place, limits: Limits) {
  if (!limits) return ok(null)
  const { parent_id, path } = place
  if (limits.children !== undefined) {
    const actual = graph.childCount(parent_id) + 1
    const room = within('children', { most: limits.children, actual, path })
    if (!room.ok) return room
  }
  const { depth } = limits
  if (depth === undefined) return ok(null)
  return within('depth', { most: depth, actual: reach(graph, place, depth), path })
}

/** Whether a value, or a name, is small enough. */
export function fittingValue(value: JsonValue, path: string, limits: Limits) {
  const most = limits?.valueBytes
  if (most === undefined) return ok(null)
  return within('valueBytes', { most, actual: jsonBytes(value, most), path })
}

/** Whether a node that has some properties may have another one. */
export function roomForProperty(properties: Properties, path: string, limits: Limits) {
  const most = limits?.properties
  if (most === undefined) return ok(null)
  return within('properties', { most, actual: Object.keys(properties).length + 1, path })
}

type Content = { name: string; properties: Properties }

/** Whether name and properties of a new node are small enough. */
export function fittingContent(
  { name, properties }: Content,
  at: string,
  limits: Limits,
): Result<null> {
  if (limits?.properties === undefined && limits?.valueBytes === undefined) return ok(null)
  const named = fittingValue(name, `${at}/name`, limits)
  if (!named.ok) return named
  const keys = Object.keys(properties)
  const path = `${at}/properties`
  if (limits.properties !== undefined) {
    const room = within('properties', { most: limits.properties, actual: keys.length, path })
    if (!room.ok) return room
  }
  for (const key of keys) {
    const escaped = key.replaceAll('~', '~0').replaceAll('/', '~1')
    const value = fittingValue(properties[key] ?? null, `${path}/${escaped}`, limits)
    if (!value.ok) return value
  }
  return ok(null)
}

export function fittingBatch(commands: readonly unknown[], limits: Limits): Result<null> {
  const most = limits?.batch
  if (most === undefined) return ok(null)
  return within('batch', { most, actual: commands.length, path: '/data/commands' })
}

/**
 * Measures a whole graph node by node, in pre-order: one that is imported or loaded. Paths name a
 * node by its place there. Errors: LIMIT_EXCEEDED.
 */
export class GraphMeasure {
  readonly #limits: GraphLimits
  /** Levels of the nodes that may have children; of leaves nobody asks. */
  readonly #levels = new Map<string | null, number>([[null, 0]])
  #seen = 0
  #roots = 0

  constructor(limits: GraphLimits) {
    this.#limits = limits
  }

  /** Whether a graph may have so many nodes. */
  count(actual: number): Result<null> {
    const { nodes: most = Infinity } = this.#limits
    return within('nodes', { most, actual, path: '/nodes' })
  }

  /** Whether the graph may have this node, too. */
  add(node: Node): Result<null> {
    const { depth = Infinity, children = Infinity } = this.#limits
    const path = `/nodes/${this.#seen++}`
    const level = (this.#levels.get(node.parent_id) ?? 0) + 1
    if (node.children.length > 0) this.#levels.set(node.id, level)
    if (node.parent_id === null) this.#roots += 1
    const below = Math.max(this.#roots, node.children.length)
    const deep = within('depth', { most: depth, actual: level, path })
    if (!deep.ok) return deep
    const wide = within('children', { most: children, actual: below, path: `${path}/children` })
    return wide.ok ? fittingContent(node, path, this.#limits) : wide
  }
}
