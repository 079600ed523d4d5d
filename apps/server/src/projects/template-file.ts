import { readFileSync, statSync } from 'node:fs'
import { describeIssue, parseTemplate, type ParsedTemplate } from '@talus/graph'
import { fail, type Result, type TemplateReport } from '@talus/protocol'

/** Changes when the file does; undefined when there is no such file. */
export function stampOf(path: string): string | undefined {
  try {
    const stat = statSync(path, { throwIfNoEntry: false })
    return stat?.isFile() ? `${stat.mtimeMs} ${stat.size}` : undefined
  } catch {
    // A link in a circle, say: reading it will tell the reason.
    return 'unreadable'
  }
}

/** The template in a file; a file that cannot be read is an invalid template. */
export function readTemplate(path: string, template_id: string): ParsedTemplate {
  try {
    return parseTemplate(readFileSync(path, 'utf8'), template_id)
  } catch (err) {
    const reason = `the file cannot be read: ${err instanceof Error ? err.message : String(err)}`
    const report = { valid: false, errors: [{ path: '', reason }], warnings: [] }
    return { report, blueprint: null }
  }
}

export function templateNotFound(template_id: string): Result<never> {
  return fail('TEMPLATE_NOT_FOUND', `Template '${template_id}' not found`, [
    { path: '/template_id', expected: 'the id of a template', actual: template_id },
  ])
}

/** Names the node type, the property and the reason, for each thing that is wrong. */
export function invalidTemplate(template_id: string, { errors }: TemplateReport): Result<never> {
  const [first] = errors.map(describeIssue)
  return fail(
    'INVALID_TEMPLATE',
    `Template '${template_id}' is not valid: ${first ?? 'it cannot be read'}`,
    errors.map((issue) => ({
      path: issue.path,
      expected: describeIssue(issue),
      hint: `in the template '${template_id}', not in the request`,
    })),
  )
}
