type Piece = string | undefined

/** An object whose last field is a list of items, each of which is JSON in pieces. */
export function* listJson(
  head: object,
  field: string,
  items: Iterable<Iterable<Piece>>,
): Generator<Piece> {
  yield `${JSON.stringify(head).slice(0, -1)},"${field}":[`
  let comma = ''
  for (const item of items) {
    if (comma !== '') yield comma
    yield* item
    comma = ','
  }
  yield ']}'
}

/** Values as JSON, each when its turn comes. */
export function* eachAsJson(values: Iterable<unknown>): Generator<[string]> {
  for (const value of values) yield [JSON.stringify(value)]
}
