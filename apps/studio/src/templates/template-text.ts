import { readTemplate } from '@talus/client/templates'
import type { JsonObject, JsonValue } from '@talus/protocol'
import { stringify } from 'yaml'

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Removes all uuids, or only those that equal the derived ones in `known`. */
function without(value: JsonValue, known?: JsonValue): JsonValue {
  if (Array.isArray(value)) {
    const list = Array.isArray(known) ? known : undefined
    return value.map((item, index) => without(item, known && list?.[index]))
  }
  if (!isObject(value)) return value
  const other = isObject(known) ? known : undefined
  return Object.fromEntries(
    Object.entries(value)
      .filter(
        ([name, item]) => name !== 'uuid' || (known !== undefined && item !== other?.['uuid']),
      )
      .map(([name, item]) => [
        name,
        without(item, known === undefined ? undefined : (other?.[name] ?? null)),
      ]),
  )
}

/**
 * A template of the server as editable text, without derived uuids, which the server adds again.
 */
export function textOfTemplate(document: JsonObject): string {
  const bare = without(document)
  const read = isObject(bare) ? readTemplate(bare).template : null
  const kept = read ? without(document, read.document) : document
  return stringify(kept, { lineWidth: 100, aliasDuplicateObjects: false })
}
