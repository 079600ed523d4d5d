import Type from 'typebox'
import { NodeId } from '../../model/id.js'
import { JsonValue } from '../../model/json.js'
import { BY_ENTRY, FROM_ENTRY, graphEvent, ofGraph } from '../fields.js'
import {
  NodeDeleted,
  NodeLinked,
  NodeUnlinked,
  RootMoved,
  PropertyChanged,
  PropertyDeleted,
} from '../root/nodes.js'

export const GraphNodeCreated = graphEvent({
  name: 'graph:node-created',
  description: 'A node was added to the graph.',
  fields: {
    node_id: NodeId,
    name: Type.String(),
    blueprint_type_id: Type.String(),
    parent_id: Type.Union([NodeId, Type.Null()]),
    properties: Type.Record(Type.String(), JsonValue),
    index: Type.Integer({ minimum: 0 }),
    ...FROM_ENTRY,
  },
  example: {
    node_id: 'task-1',
    name: 'Cut the trailer',
    blueprint_type_id: 'task',
    parent_id: 'phase-1',
    properties: {},
    index: 0,
    ...BY_ENTRY,
  },
})

export const GraphNodeDeleted = ofGraph(NodeDeleted, {
  name: 'graph:node-deleted',
  description: 'A node was removed with everything below it.',
})

export const GraphNodeLinked = ofGraph(NodeLinked, {
  name: 'graph:node-linked',
  description: 'A node was put below a parent.',
})

export const GraphNodeUnlinked = ofGraph(NodeUnlinked, {
  name: 'graph:node-unlinked',
  description:
    'A node was taken from its parent. `index` is its place among the roots, if it is one now.',
})

/** A root was moved among the roots, to `index` (rule MOVE2). */
export const GraphRootMoved = ofGraph(RootMoved, {
  name: 'graph:root-moved',
  description: 'A root was moved among the roots, to `index`.',
})

export const GraphPropertyChanged = ofGraph(PropertyChanged, {
  name: 'graph:property-changed',
  description: 'A property was set. `old_value` is null when it did not exist.',
})

export const GraphPropertyDeleted = ofGraph(PropertyDeleted, {
  name: 'graph:property-deleted',
  description: 'A property was removed from a node.',
})
