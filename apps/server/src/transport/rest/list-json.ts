/** An object whose last field is a list of items, which are JSON already, in pieces. */
export function* listJson(head: object, field: string, items: Iterable<string>): Generator<string> {
  yield `${JSON.stringify(head).slice(0, -1)},"${field}":[`
  let comma = ''
  for (const item of items) {
    yield comma + item
    comma = ','
  }
  yield ']}'
}

/** Values as JSON, each when its turn comes. */
export function* eachAsJson(values: Iterable<unknown>): Generator<string> {
  for (const value of values) yield JSON.stringify(value)
}
