import type { Schema } from './contract.js'

/** Keywords whose value is a schema, a list of schemas, or schemas by name. */
const ONE = ['items', 'additionalProperties']
const LIST = ['anyOf', 'allOf', 'oneOf']
const BY_NAME = ['properties', 'patternProperties']

export const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function withPart(keyword: string, value: unknown, change: (part: Schema) => Schema): unknown {
  if (ONE.includes(keyword)) return isSchema(value) ? change(value) : value
  if (LIST.includes(keyword)) return (value as Schema[]).map(change)
  if (!BY_NAME.includes(keyword)) return value
  const parts = Object.entries(value as Record<string, Schema>)
  return Object.fromEntries(parts.map(([name, part]) => [name, change(part)]))
}

/** The schema with each schema right inside it replaced by what `change` makes of it. */
export function mapParts(schema: Schema, change: (part: Schema) => Schema): Schema {
  return Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) => [keyword, withPart(keyword, value, change)]),
  )
}

/** A union of literals as one `enum`, which more generators make a type of. */
export function asEnum(schema: Schema): Schema {
  const { anyOf, ...rest } = schema as Schema & { anyOf?: Schema[] }
  const isOfLiterals = anyOf?.every(({ type, const: value }) => type === 'string' && value)
  if (anyOf === undefined || !isOfLiterals) return schema
  return { ...rest, type: 'string', enum: anyOf.map(({ const: value }) => value) }
}
