/** Assigning this key changes an object's prototype instead of its content. */
export const FORBIDDEN_KEY = '__proto__'

// Above anything a template or a message can hold; a document that refers to itself has no end.
const MAX_VALUES = 1_000_000

/**
 * Why a value cannot be kept as JSON: a forbidden key at any depth, a number that JSON cannot
 * write, a reference to itself. Undefined when it can. Does not recurse.
 */
export function jsonProblem(value: unknown): string | undefined {
  const open: unknown[] = [value]
  for (let seen = 1; open.length > 0; seen += 1) {
    if (seen > MAX_VALUES) return 'is too large or refers to itself'
    const next = open.pop()
    if (typeof next === 'number' && !Number.isFinite(next)) return `holds the number ${next}`
    if (typeof next !== 'object' || next === null) continue
    if (Object.hasOwn(next, FORBIDDEN_KEY)) return `holds the key ${FORBIDDEN_KEY}`
    for (const member of Object.values(next)) open.push(member)
  }
  return undefined
}
