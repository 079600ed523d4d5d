import type { Blueprint } from '@talus/graph'
import type { JsonValue, TemplateInfo } from '@talus/protocol'

/** Text as templates write it: `version: 1.0` is a number to YAML. */
function textOf(value: JsonValue | undefined): string | undefined {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** What a list of templates says of one of them. */
export function templateInfo({ template_id, document, types }: Blueprint): TemplateInfo {
  const description = textOf(document['description'])
  const version = textOf(document['version'])
  const uuid = textOf(document['uuid'])
  return {
    template_id,
    name: textOf(document['name']) ?? template_id,
    ...(description !== undefined && { description }),
    ...(version !== undefined && { version }),
    ...(uuid !== undefined && { uuid }),
    node_types: types.length,
  }
}
