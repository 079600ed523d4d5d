import { fail, type ErrorCode, type JsonValue } from '@talus/protocol'
import type { NodeType } from '../blueprint/node-type.js'

type Refusal = {
  message: string
  /** JSON pointer into the command. */
  path: string
  expected: string
  actual?: JsonValue
  hint?: string | undefined
}

const MAX_SHOWN = 80

/** A value as a failure repeats it: failures go to the whole room and stay small. */
function shown(value: JsonValue): JsonValue {
  if (typeof value === 'string' && value.length > MAX_SHOWN)
    return `${value.slice(0, MAX_SHOWN)}...`
  if (typeof value !== 'object' || value === null) return value
  return Array.isArray(value) ? 'an array' : 'an object'
}

/** A failure with the one detail that says what was expected where. */
export function refuse(code: ErrorCode, refusal: Refusal) {
  const { message, path, expected, actual, hint } = refusal
  return fail(code, message, [
    {
      path,
      expected,
      ...(actual !== undefined && { actual: shown(actual) }),
      ...(hint !== undefined && { hint }),
    },
  ])
}

export function nodeNotFound(path: string, node_id: string) {
  const expected = 'the id of a node of the graph'
  return refuse('NODE_NOT_FOUND', { message: 'Node not found', path, expected, actual: node_id })
}

export function parentNotFound(node_id: string) {
  return refuse('INVALID_PARENT', {
    message: 'Parent node not found',
    path: '/data/parent_id',
    expected: 'the id of a node of the graph',
    actual: node_id,
  })
}

export function unknownNodeType(path: string, type_id: string, known: readonly NodeType[]) {
  return refuse('UNKNOWN_NODE_TYPE', {
    message: `Unknown node type '${type_id}'`,
    path,
    expected: `one of ${known.map((type) => type.id).join(', ') || 'no types at all'}`,
    actual: type_id,
  })
}

export function invalidProperty(path: string, property_id: string, problem: Partial<Refusal>) {
  return refuse('INVALID_PROPERTY', {
    message: `Invalid property '${property_id}'`,
    path,
    expected: 'a value that the property accepts',
    ...problem,
  })
}

export function wouldCycle(path: string, node_id: string) {
  return refuse('CYCLE_DETECTED', {
    message: 'A node cannot be below itself',
    path,
    expected: 'a node outside of the moved subtree',
    actual: node_id,
  })
}
