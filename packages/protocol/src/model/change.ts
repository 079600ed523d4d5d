import Type, { type Static } from 'typebox'
import { BlueprintTypeId, NodeId, PropertyId } from './id.js'
import { JsonValue } from './json.js'
import { Node } from './node.js'

const Index = Type.Integer({ minimum: 0, description: 'Place among the siblings, from 0' })
const Parent = Type.Union([NodeId, Type.Null()], { description: 'Parent, or null for a root' })

/** Said where a node leaves a list: the sibling right before it, or that there was no other. */
const Neighbour = { after: Type.Optional(NodeId), only: Type.Optional(Type.Literal(true)) }

const Place = Type.Object({ parent_id: Parent, index: Index, ...Neighbour })

/** A node came to be at `index` below `parent_id`, without children. */
export const NodeAdded = Type.Object({
  type: Type.Literal('node-added'),
  node: Node,
  parent_id: Parent,
  index: Index,
})
export type NodeAdded = Static<typeof NodeAdded>

/**
 * A node without children went away; a subtree goes leaves first. `after` is the sibling that stood
 * right before it, and `only` says that there was none at all; both of the top of a subtree (rule
 * ORD3).
 */
export const NodeRemoved = Type.Object({
  type: Type.Literal('node-removed'),
  node: Node,
  parent_id: Parent,
  index: Index,
  ...Neighbour,
})
export type NodeRemoved = Static<typeof NodeRemoved>

/**
 * `from.index` counts before the node is taken out, `to.index` after it is put in. `from.after` is
 * the sibling that stood right before it, and `from.only` says that there was none at all (rule
 * ORD3).
 */
export const NodeMoved = Type.Object({
  type: Type.Literal('node-moved'),
  node_id: NodeId,
  from: Place,
  to: Place,
})
export type NodeMoved = Static<typeof NodeMoved>

/**
 * An absent value means that the property does not exist. `blueprint_type_id` is the node's type,
 * said where rules of access go by it (rule VIEW2).
 */
export const PropertySet = Type.Object({
  type: Type.Literal('property-set'),
  node_id: NodeId,
  property_id: PropertyId,
  old_value: Type.Optional(JsonValue),
  new_value: Type.Optional(JsonValue),
  blueprint_type_id: Type.Optional(BlueprintTypeId),
})
export type PropertySet = Static<typeof PropertySet>

/** A project load: the whole graph, in pre-order. Not undone by `undo_command`. */
export const GraphReplaced = Type.Object({
  type: Type.Literal('graph-replaced'),
  nodes: Type.Array(Node),
})
export type GraphReplaced = Static<typeof GraphReplaced>

/** What a command did. Invertible without looking at the graph, except `graph-replaced`. */
export const Change = Type.Union([NodeAdded, NodeRemoved, NodeMoved, PropertySet, GraphReplaced], {
  description: 'One effect of a command',
})
export type Change = Static<typeof Change>
