/** The parts of a JSON Schema that its text shows. */
export type Shape = {
  type?: string
  const?: unknown
  anyOf?: Shape[]
  allOf?: Shape[]
  items?: Shape
  maxItems?: number
  properties?: Record<string, Shape>
  required?: string[]
  pattern?: string
  description?: string
}

function fieldsText({ properties = {}, required = [] }: Shape): string {
  const fields = Object.entries(properties).map(
    ([name, field]) => `${name}${required.includes(name) ? '' : '?'}: ${schemaText(field)}`,
  )
  return `{ ${fields.join(', ')} }`
}

/** A schema in the notation of TypeScript: `{ at: "start" | "end" } | { before: string }`. */
export function schemaText(schema: Shape): string {
  if (schema.anyOf) return schema.anyOf.map(schemaText).join(' | ')
  if (schema.allOf) return schema.allOf.map(schemaText).join(' & ')
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.properties) return fieldsText(schema)
  if (schema.items) return `(${schemaText(schema.items)})[]`
  return schema.type ?? 'any'
}

/** The same, alternative by alternative; a string with an alphabet says which. */
export function expectedText(schema: Shape): string {
  const alternatives = schema.anyOf ?? [schema]
  return alternatives
    .map((a) => (a.pattern && a.description ? `string (${a.description})` : schemaText(a)))
    .join(' | ')
}
