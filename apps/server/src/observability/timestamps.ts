/** ISO 8601 timestamps of a clock. Written once for all that happens within a millisecond. */
export function timestamps(clock: () => number): () => string {
  let at = Number.NaN
  let text = ''
  return () => {
    const time = clock()
    if (time !== at) {
      at = time
      text = new Date(time).toISOString()
    }
    return text
  }
}
