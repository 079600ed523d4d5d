import { checkJson } from '@talus/protocol'
import type { JsonObject, TemplateIssue, TemplateReport } from '@talus/protocol'
import { Blueprint } from './blueprint.js'
import { nodeTypeUuid, propertyUuid } from './derived-uuid.js'
import { checkedText, objectsOf } from './node-type.js'
import { readYaml } from './read-yaml.js'
import { validateTemplate } from './validate-template.js'

export type ParsedTemplate = { report: TemplateReport; blueprint: Blueprint | null }

function rejected(reason: string, path = ''): ParsedTemplate {
  return {
    report: { valid: false, errors: [{ path, reason }], warnings: [] },
    blueprint: null,
  }
}

/** The document with a uuid in every type and property; keys that are not known stay. */
function withUuids(document: JsonObject): JsonObject {
  const node_types = objectsOf(document['node_types']).map((type) => {
    const id = checkedText(type, 'id')
    const properties = objectsOf(type['properties']).map((property) => ({
      ...property,
      uuid: property['uuid'] ?? propertyUuid(id, checkedText(property, 'id')),
    }))
    return { ...type, uuid: type['uuid'] ?? nodeTypeUuid(id), properties }
  })
  return { ...document, node_types }
}

function isDocument(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Reads a template, as YAML text or as the object it describes, and says what is wrong with it.
 * Errors make it unusable: there is no blueprint then. Warnings do not.
 */
export function parseTemplate(source: string | JsonObject, template_id: string): ParsedTemplate {
  const read = typeof source === 'string' ? readYaml(source) : { ok: true as const, value: source }
  if (!read.ok) return rejected(read.reason)
  const json = checkJson(read.value)
  if (!json.ok) return rejected(json.error.message, json.error.details?.[0]?.path)
  if (!isDocument(json.value)) return rejected('The template is not an object with node_types')
  const report = validateTemplate(json.value)
  const blueprint = report.valid ? new Blueprint(template_id, withUuids(json.value)) : null
  const access = blueprint?.rules?.list()
  return { report: access ? { ...report, access } : report, blueprint }
}

/** A finding as a sentence for people: which type, which property, what is wrong. */
export function describeIssue(issue: TemplateIssue): string {
  const names = [
    ...(issue.node_type === undefined ? [] : [`node type '${issue.node_type}'`]),
    ...(issue.property === undefined ? [] : [`property '${issue.property}'`]),
  ]
  return names.length === 0 ? issue.reason : `${names.join(', ')}: ${issue.reason}`
}
