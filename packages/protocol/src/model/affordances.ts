import Type, { type Static } from 'typebox'
import { NodeId, PropertyId } from './id.js'

/** How many move targets are named at most; `truncated` says that there are more. */
export const MAX_MOVE_TARGETS = 1_000

/** A property that `UpdateProperty` may set. A `select` takes what names an option (rule SEL2). */
export const EditableProperty = Type.Object({
  id: PropertyId,
  label: Type.String(),
  type: Type.String(),
  required: Type.Boolean(),
  options: Type.Array(
    Type.Object({
      id: Type.String(),
      name: Type.String(),
      uuid: Type.Optional(Type.String()),
    }),
  ),
})
export type EditableProperty = Static<typeof EditableProperty>

/**
 * What may be done to a node, as its session stands (rule AFF1). Null in the place of a list:
 * there is no template, so anything is allowed.
 */
export const Affordances = Type.Object(
  {
    child_types: Type.Union([
      Type.Array(Type.Object({ id: Type.String(), label: Type.String() })),
      Type.Null(),
    ]),
    move_targets: Type.Object(
      {
        node_ids: Type.Array(NodeId, { maxItems: MAX_MOVE_TARGETS }),
        truncated: Type.Boolean(),
      },
      {
        description: 'Parents to move or link to, in pre-order, its own included, the roots not',
      },
    ),
    properties: Type.Union([Type.Array(EditableProperty), Type.Null()]),
    deletable_properties: Type.Array(Type.String(), {
      description: 'What `DeleteProperty` may remove, by the keys that the node uses',
    }),
    missing_properties: Type.Optional(
      Type.Array(PropertyId, {
        description: 'Required properties without a value: the node is not complete (rule TREE6)',
      }),
    ),
    can_delete: Type.Boolean(),
    can_unlink: Type.Boolean(),
    can_link: Type.Boolean({ description: 'Whether `LinkNode` may put it below a move target' }),
  },
  { description: 'What may be done to a node' },
)
export type Affordances = Static<typeof Affordances>
