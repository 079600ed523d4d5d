import { Blueprint, misfits as misfitsIn, parseTemplate, type Misfit } from '@talus/graph'
import type { JsonObject, Node, TemplateReport } from '@talus/protocol'
import type { Template } from '../graph/template.js'

export type { Misfit }

/** A template as it was read, and what there is to say of it. */
export type ReadTemplate = {
  /** Errors make it unusable, warnings do not; the server would report the same. */
  report: TemplateReport
  /** Null where there are errors. */
  template: Template | null
}

/**
 * Reads a template, as YAML text or as the object it describes, by the rules of the server: for
 * editors, which want to show what a text means before it is one of the server's templates.
 */
export function readTemplate(source: string | JsonObject, template_id = 'draft'): ReadTemplate {
  const { report, blueprint } = parseTemplate(source, template_id)
  return { report, template: blueprint }
}

/**
 * What of a graph a template would not allow: nodes of a type that there is not, or below one that
 * does not take it, and properties that are not declared or not accepted.
 */
export function misfits(
  template: Pick<Template, 'template_id' | 'document'>,
  nodes: readonly Pick<Node, 'id' | 'blueprint_type_id' | 'parent_id' | 'properties'>[],
): Misfit[] {
  return [...misfitsIn(nodes, new Blueprint(template.template_id, template.document))]
}
