import { checkJson } from '@talus/protocol'
import type { JsonObject, JsonValue, TemplateIssue, TemplateReport } from '@talus/protocol'
import { Blueprint } from './blueprint.js'
import { nodeTypeUuid, propertyUuid } from './derived-uuid.js'
import { withFeatures } from './features.js'
import { checkedText, isObject, objectsOf, optionOf, type OptionsOf } from './node-type.js'
import { readYaml } from './read-yaml.js'
import { validateTemplate } from './validate-template.js'

export type ParsedTemplate = { report: TemplateReport; blueprint: Blueprint | null }

function rejected(reason: string, path = ''): ParsedTemplate {
  return {
    report: { valid: false, errors: [{ path, reason }], warnings: [] },
    blueprint: null,
  }
}

/** An option with its uuid; a plain value is its name. */
function optionWithUuid(written: JsonValue, of: OptionsOf): JsonValue {
  const option = optionOf(written, of)
  if (!option) return written
  return { ...(isObject(written) ? written : { name: written }), uuid: option.uuid }
}

function propertyWithUuids(property: JsonObject, type_id: string): JsonObject {
  const id = checkedText(property, 'id')
  const of = { type_id, property_id: id }
  const { options } = property
  return {
    ...property,
    ...(Array.isArray(options) && { options: options.map((each) => optionWithUuid(each, of)) }),
    uuid: property['uuid'] ?? propertyUuid(type_id, id),
  }
}

/**
 * The document with what the features of its types add, and with a uuid in every type, property and
 * option; keys that are not known stay.
 */
function completed(document: JsonObject): JsonObject {
  const node_types = objectsOf(document['node_types']).map((written) => {
    const type = withFeatures(written)
    const id = checkedText(type, 'id')
    const properties = objectsOf(type['properties']).map((each) => propertyWithUuids(each, id))
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
  const blueprint = report.valid ? new Blueprint(template_id, completed(json.value)) : null
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
