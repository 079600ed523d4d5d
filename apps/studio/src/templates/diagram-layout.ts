import { Graph, layout } from '@dagrejs/dagre'
import type { JsonObject } from '@talus/protocol'
import { lookOf, type Look } from '../parts/type-mark.js'
import { objectsOf, textOf, textsOf } from '../work/schema.js'

/** A type of a template in a diagram. */
export type DiagramType = {
  id: string
  label: string
  look: Look
  isRoot: boolean
  /** Labels of its properties, with their value types. */
  properties: readonly { id: string; label: string; type: string; isRequired: boolean }[]
  /** Ids of the types allowed as children, possibly including itself. */
  below: readonly string[]
  /** Ids of the types that allow it as a child. */
  above: readonly string[]
}

/** A type with its centre and size, in units of the diagram. */
export type PlacedType = DiagramType & { x: number; y: number; width: number; height: number }

export type Diagram = {
  types: readonly PlacedType[]
  lines: readonly { from: string; to: string; path: string }[]
  width: number
  height: number
}

/** Reads the types of a template for a diagram. */
export function typesOf(template: JsonObject): DiagramType[] {
  const written = objectsOf(template['node_types'])
  const ids = new Set(written.map((type) => textOf(type['id'])))
  const above = new Map<string, string[]>()
  const read = written.map((type) => {
    const id = textOf(type['id'])
    const below = [...new Set(textsOf(type['allowed_children']))].filter((one) => ids.has(one))
    for (const child of below) above.set(child, [...(above.get(child) ?? []), id])
    return {
      id,
      label: textOf(type['label']) || id,
      look: lookOf(type),
      isRoot: textsOf(type['features']).includes('is_root'),
      properties: objectsOf(type['properties']).map((property) => ({
        id: textOf(property['id']),
        label: textOf(property['label']) || textOf(property['id']),
        type: textOf(property['type']),
        isRequired: property['required'] === true,
      })),
      below,
    }
  })
  return read.map((type) => ({ ...type, above: above.get(type.id) ?? [] }))
}

/** Where there are more types than this, properties are only counted. */
const MOST_WITH_PROPERTIES = 16
/** So many properties are named in a box. */
export const MOST_PROPERTIES = 6

/** Of a name, and of the smaller lines below it. */
const LETTERS = { name: 8.2, line: 6.6 }
export const LINE = 17
const HEAD = 34

/** The lines below the name of a type. */
export function linesOf({ properties }: DiagramType, isDetailed: boolean): string[] {
  const count = properties.length
  if (!isDetailed) return count === 0 ? [] : [`${count} ${count === 1 ? 'property' : 'properties'}`]
  const shown = properties.slice(0, count > MOST_PROPERTIES ? MOST_PROPERTIES - 1 : count)
  const lines = shown.map(
    ({ label, type, isRequired }) => `${label}${isRequired ? '*' : ''}: ${type}`,
  )
  return count > MOST_PROPERTIES ? [...lines, `${count - shown.length} more`] : lines
}

/** Whether there is room for what types have. */
export const isDetailed = (count: number, isSmall: boolean) =>
  !isSmall && count <= MOST_WITH_PROPERTIES

const WIDEST = 30

/** The text, as far as a box has room for it. */
export const fitting = (text: string) =>
  text.length > WIDEST ? `${text.slice(0, WIDEST - 1)}…` : text

type Point = { x: number; y: number }

type Boxed = Point & { width: number }

/** A line from one side of a box to the other side of another, level where it meets a point. */
function pathOf(from: Boxed, to: Boxed, points: readonly Point[]): string {
  const way = to.x >= from.x ? 1 : -1
  const start = { x: from.x + (way * from.width) / 2, y: from.y }
  const end = { x: to.x - (way * to.width) / 2, y: to.y }
  const inner = points
    .slice(1, -1)
    .filter(({ x }) => (x - start.x) * way > 0 && (end.x - x) * way > 0)
  let last = start
  const curves = [...inner, end].map((point) => {
    const middle = (last.x + point.x) / 2
    const curve = `C${middle} ${last.y} ${middle} ${point.y} ${point.x} ${point.y}`
    last = point
    return curve
  })
  return `M${start.x} ${start.y}${curves.join('')}`
}

/** Puts types from left to right, those that may stand below others behind them. */
export function diagramOf(types: readonly DiagramType[], isSmall: boolean): Diagram {
  const detailed = isDetailed(types.length, isSmall)
  const graph = new Graph()
  graph.setGraph({
    rankdir: 'LR',
    nodesep: isSmall ? 10 : 16,
    ranksep: isSmall ? 36 : 64,
    edgesep: 8,
    marginx: 8,
    marginy: 8,
  })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const type of types) {
    const lines = isSmall ? [] : linesOf(type, detailed)
    const name = 52 + fitting(type.label).length * LETTERS.name
    const mark = type.below.includes(type.id) ? 18 : 0
    const longest = Math.max(0, ...lines.map((line) => fitting(line).length))
    const width = Math.max(name + mark, 26 + longest * LETTERS.line)
    const height = lines.length === 0 ? HEAD - 4 : HEAD + lines.length * LINE + 4
    graph.setNode(type.id, { width, height })
  }
  for (const { id, below } of types) {
    // What may stand below itself says so in its box.
    for (const child of below) if (child !== id) graph.setEdge(id, child)
  }
  layout(graph)
  const { width = 0, height = 0 } = graph.graph()
  return {
    types: types.map((type) => {
      const { x, y, width: wide, height: high } = graph.node(type.id)
      return { ...type, x, y, width: wide, height: high }
    }),
    lines: graph.edges().map(({ v, w }) => ({
      from: v,
      to: w,
      path: pathOf(graph.node(v), graph.node(w), graph.edge(v, w).points),
    })),
    width,
    height,
  }
}
