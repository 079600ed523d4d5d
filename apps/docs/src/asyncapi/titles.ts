import type { Schema } from '../contract.js'
import { pascalCase } from '../names.js'
import { isSchema } from '../schema-parts.js'

const PARTS = ['items', 'additionalProperties']
const ALTERNATIVES = ['anyOf', 'oneOf', 'allOf']

/** What generators make a type of: they number those that have no name. */
function needsTitle(schema: Schema): boolean {
  return schema['type'] === 'object' || ALTERNATIVES.some((keyword) => keyword in schema)
}

/**
 * The schema with a title in it and in each part that is written out in it: its name, with those of
 * the fields on the way.
 */
export function titled(name: string, schema: Schema): Schema {
  const parts = Object.entries(schema).map(([keyword, value]): [string, unknown] => {
    if (PARTS.includes(keyword) && isSchema(value)) return [keyword, titled(`${name}Item`, value)]
    if (ALTERNATIVES.includes(keyword)) {
      const alternatives = value as Schema[]
      return [keyword, alternatives.map((each, at) => titled(`${name}Option${at + 1}`, each))]
    }
    if (keyword !== 'properties') return [keyword, value]
    const fields = Object.entries(value as Record<string, Schema>).map(([field, each]) => [
      field,
      titled(name + pascalCase(field), each),
    ])
    return [keyword, Object.fromEntries(fields)]
  })
  const whole = Object.fromEntries(parts)
  return needsTitle(schema) && !('title' in schema) ? { title: name, ...whole } : whole
}

/** The same for all schemas of a document; each has a title, whatever it is. */
export function allTitled(schemas: Record<string, Schema>): Record<string, Schema> {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [
      name,
      { title: name, ...titled(name, schema) },
    ]),
  )
}
