import { schemaText } from '@talus/protocol'
import type { Schema } from '../contract.js'
import { isSchema } from '../schema-parts.js'

/** A document that schemas of it may point into: `#/$defs/Node`. */
export type Document = { readonly [key: string]: unknown }

function lookUp(document: Document, pointer: string): Schema {
  const steps = pointer.replace(/^#\/?/, '').split('/')
  let place: unknown = document
  for (const step of steps) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~')
    place = (place as Record<string, unknown> | undefined)?.[key]
  }
  if (!isSchema(place)) throw new Error(`The contract has nothing at ${pointer}`)
  return place
}

/** Several schemas that hold at once, as one. */
function merged(parts: Schema[]): Schema {
  const all = (key: string) => parts.map((part) => part[key]).filter((v) => v !== undefined)
  const required = new Set(all('required').flat())
  return {
    ...Object.assign({}, ...parts),
    properties: Object.assign({}, ...all('properties')),
    required: [...required],
    ...(all('additionalProperties').includes(false) ? { additionalProperties: false } : {}),
  }
}

/** The schema that a reference or an intersection stands for. */
export function resolved(schema: Schema, document: Document): Schema {
  const { $ref, allOf, ...rest } = schema
  if (typeof $ref === 'string') return resolved(lookUp(document, $ref), document)
  if (!Array.isArray(allOf)) return schema
  return merged([rest, ...(allOf as Schema[]).map((part) => resolved(part, document))])
}

/** What a value may be, each by itself; an enumeration is a choice of constants. */
export function alternatives(schema: Schema, document: Document): Schema[] {
  const { anyOf, enum: values, type, ...rest } = resolved(schema, document)
  if (Array.isArray(anyOf)) {
    return (anyOf as Schema[]).flatMap((one) => alternatives(one, document))
  }
  if (Array.isArray(values)) return values.map((value) => ({ type: typeOf(value), const: value }))
  if (Array.isArray(type)) return type.map((one) => ({ ...rest, type: one as string }))
  return [type === undefined ? rest : { ...rest, type }]
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  if (Number.isInteger(value)) return 'integer'
  return typeof value
}

export function propertiesOf(schema: Schema): Record<string, Schema> {
  return (schema['properties'] ?? {}) as Record<string, Schema>
}

export function requiredOf(schema: Schema): string[] {
  return (schema['required'] ?? []) as string[]
}

/** What fields that are not declared may hold, by the pattern of their names; '' is any name. */
export function undeclaredOf(schema: Schema): Map<string, Schema> {
  const patterns = Object.entries((schema['patternProperties'] ?? {}) as Record<string, Schema>)
  const undeclared = new Map(
    patterns.map(([pattern, value]) => [pattern === '^.*$' ? '' : pattern, value]),
  )
  const rest = schema['additionalProperties'] ?? true
  if (undeclared.has('') || rest === false) return undeclared
  return undeclared.set('', isSchema(rest) ? rest : {})
}

const LONGEST_TEXT = 100

/** A schema in short, for people. */
export function shortText(schema: Schema): string {
  const { const: value } = schema
  const text = value === null ? 'null' : schemaText(schema)
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text
}
