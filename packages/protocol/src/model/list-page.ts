import Type from 'typebox'

/** Which page of a list: its size, and where the page before ended. */
export const ListQuery = Type.Object(
  {
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 1000 })),
    cursor: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 512,
        description: '`next_cursor` of the page before',
      }),
    ),
  },
  // These routes took any query before they had one.
  { additionalProperties: true },
)

/** Which page of a list that is given whole where neither is said. */
export const PartQuery = Type.Object(
  {
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    cursor: Type.Optional(ListQuery.properties.cursor),
  },
  // These routes took any query before they had one.
  { additionalProperties: true },
)

/** Null: this is the last page. A page may hold fewer than `limit`. */
export const NextCursor = Type.Union([Type.String(), Type.Null()], {
  description: 'The `cursor` of the next page; null: there is none',
})

/** The same in an answer that has none where no page was asked for. */
export const PartCursor = Type.Optional(NextCursor)
