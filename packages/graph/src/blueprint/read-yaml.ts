import { parseDocument } from 'yaml'

// Real templates share a few lists at most; more is an attack on memory.
const MAX_ALIASES = 100

export type Source = { ok: true; value: unknown } | { ok: false; reason: string }

/** YAML 1.2 text as plain values: no tags but the standard ones, no duplicate keys, one document. */
export function readYaml(text: string): Source {
  try {
    const document = parseDocument(text, { schema: 'core', logLevel: 'error' })
    // A tag that is not known is only a warning to the parser; its value would be a guess.
    const problem = document.errors[0] ?? document.warnings[0]
    if (problem) return { ok: false, reason: `The template is not valid YAML: ${problem.message}` }
    return { ok: true, value: document.toJS({ maxAliasCount: MAX_ALIASES }) }
  } catch (error) {
    // Too many aliases, or nesting beyond the stack.
    const reason = error instanceof Error ? error.message : String(error)
    return { ok: false, reason: `The template cannot be read: ${reason}` }
  }
}
