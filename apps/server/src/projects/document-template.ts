import type { Blueprint } from '@talus/graph'
import { ok, type ProjectDocument, type Result } from '@talus/protocol'
import type { Templates } from './templates.js'

/** The file with another template, named where the file names its own. */
export function withTemplate(document: ProjectDocument, template_id: string): ProjectDocument {
  const { graph } = document
  const inside = typeof document.template_id !== 'string' && typeof graph.template_id === 'string'
  if (inside) return { ...document, graph: { ...graph, template_id } }
  return { ...document, template_id }
}

/**
 * The template that a file names; null when it names none, or one that the server does not have
 * and that was not asked for. Errors: TEMPLATE_NOT_FOUND, INVALID_TEMPLATE.
 */
export function blueprintFor(
  named: string | null,
  catalogue: Templates,
  log: { warn: (fields: object, message: string) => void },
): Result<Blueprint | null> {
  if (named === null) return ok(null)
  const found = catalogue.get(named)
  if (found.ok || found.error.code !== 'TEMPLATE_NOT_FOUND') return found
  log.warn({ template_id: named }, 'project imported without its template: there is none')
  return ok(null)
}

/** By id and by uuid of a type: the uuid of its `name` property. */
export function nameKeysOf(blueprint: Blueprint | null): Record<string, string> {
  const keys: Record<string, string> = {}
  for (const type of blueprint?.types ?? []) {
    const uuid = type.property('name')?.uuid
    if (uuid === undefined) continue
    keys[type.id] = keys[type.uuid] = uuid
  }
  return keys
}
