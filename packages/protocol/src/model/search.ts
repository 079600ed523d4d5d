import Type, { type Static } from 'typebox'
import { BlueprintTypeId, NodeId, PropertyId } from './id.js'
import { JsonValue } from './json.js'
import { Node } from './node.js'

/** How many ancestors a match names at most, the nearest ones. */
export const MAX_SEARCH_PATH = 100

export const SearchOperator = Type.Union([
  Type.Literal('eq'),
  Type.Literal('ne'),
  Type.Literal('lt'),
  Type.Literal('lte'),
  Type.Literal('gt'),
  Type.Literal('gte'),
  Type.Literal('contains'),
  Type.Literal('exists'),
  Type.Literal('in'),
])
export type SearchOperator = Static<typeof SearchOperator>

/** What a property has to be (rule FIND2). */
export const SearchCondition = Type.Object(
  {
    property_id: PropertyId,
    operator: SearchOperator,
    value: Type.Optional(JsonValue),
  },
  { additionalProperties: false },
)
export type SearchCondition = Static<typeof SearchCondition>

/** What to look for: a node matches when everything that is given holds (rules FIND1, FIND2). */
export const SearchQuery = Type.Object(
  {
    text: Type.Optional(Type.String({ minLength: 1, maxLength: 1024 })),
    type: Type.Optional(BlueprintTypeId),
    property: Type.Optional(Type.Array(SearchCondition, { maxItems: 20 })),
    subtree: Type.Optional(NodeId),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
    cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
  },
  { additionalProperties: false },
)
export type SearchQuery = Static<typeof SearchQuery>

/** A node that matches, and the nodes above it, from the root down. */
export const SearchMatch = Type.Object({
  node: Node,
  path: Type.Array(Type.Object({ id: NodeId, name: Type.String() }), {
    maxItems: MAX_SEARCH_PATH,
    description: 'Its ancestors from the root down; of a deeper node the nearest 100',
  }),
})
export type SearchMatch = Static<typeof SearchMatch>

/** One page of matches in pre-order; `next_cursor` continues after it. */
export const SearchPage = Type.Object({
  matches: Type.Array(SearchMatch),
  has_more: Type.Boolean(),
  next_cursor: Type.Union([Type.String(), Type.Null()]),
})
export type SearchPage = Static<typeof SearchPage>
