import { parseTemplate, type Blueprint } from '@talus/graph'
import {
  ok,
  type JsonObject,
  type Result,
  type TemplateInfo,
  type TemplateReport,
} from '@talus/protocol'
import { invalidTemplate, templateNotFound } from './template-file.js'
import { templateInfo } from './template-info.js'

/** The templates that projects and sessions are made from. */
export type Templates = {
  /** Those that can be used, by id. */
  list: () => TemplateInfo[]
  /** Errors: TEMPLATE_NOT_FOUND, INVALID_TEMPLATE. */
  get: (template_id: string) => Result<Blueprint>
  /** Null when it is gone or cannot be used: then everything is allowed. */
  blueprint: (template_id: string) => Blueprint | null
}

/** Whatever the templates are kept in: a template, or why it is none. */
export function templateOf(
  template_id: string,
  held: { blueprint: Blueprint | null; report: TemplateReport } | undefined,
): Result<Blueprint> {
  if (!held) return templateNotFound(template_id)
  return held.blueprint ? ok(held.blueprint) : invalidTemplate(template_id, held.report)
}

/**
 * Templates that are given as YAML text or as objects, by their ids, and stay as they are. Throws an
 * Error that says what is wrong with one of them.
 */
export function fixedTemplates(given: Readonly<Record<string, string | JsonObject>>): Templates {
  const held = new Map(
    Object.entries(given).map(([id, template]) => [id, parseTemplate(template, id)]),
  )
  for (const id of held.keys()) {
    const read = templateOf(id, held.get(id))
    if (!read.ok) throw new Error(read.error.message)
  }
  return {
    list: () =>
      [...held.values()].flatMap(({ blueprint }) => (blueprint ? [templateInfo(blueprint)] : [])),
    get: (id) => templateOf(id, held.get(id)),
    blueprint: (id) => held.get(id)?.blueprint ?? null,
  }
}
