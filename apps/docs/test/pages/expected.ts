/** What pages write where anything may stand: within a line, or on a line of its own for many. */
const ANYTHING = '…'

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

/** Text as a pattern that printed text has to fit as a whole. */
export function patternOf(expected: string): RegExp {
  const lines = expected.trim().split('\n')
  const parts = lines.map((line) =>
    line.trim() === ANYTHING ? '[^]*' : line.split(ANYTHING).map(escaped).join('.*'),
  )
  return new RegExp(`^${parts.join('\\n')}$`)
}

/** Whether JSON has everything that the page shows of it; lists are shown as a whole. */
export function holds(actual: unknown, expected: unknown): boolean {
  if (expected === ANYTHING) return actual !== undefined
  if (typeof expected !== 'object' || expected === null) return Object.is(actual, expected)
  if (typeof actual !== 'object' || actual === null) return false
  if (Array.isArray(expected)) {
    const list: unknown[] = Array.isArray(actual) ? actual : []
    return list.length === expected.length && expected.every((item, at) => holds(list[at], item))
  }
  return Object.entries(expected).every(([key, value]) =>
    holds((actual as Record<string, unknown>)[key], value),
  )
}
