import type { Failure } from '@talus/protocol'

/**
 * Headers of which a request has one at most. Node keeps the first of some and joins others, while a
 * proxy in front may go by the last: each would see another request. `X-Forwarded-For` is none of
 * them: it is a list, and several lines of it are the same list (RFC 9110, section 5.3).
 */
const SINGLE: ReadonlySet<string> = new Set([
  'host',
  'authorization',
  'origin',
  'content-length',
  'content-type',
  'x-share-token',
  'x-guest-token',
  'x-session-id',
  'x-actor-id',
  'x-actor-name',
])

function repeated(name: string): Failure {
  const hint = `several values of ${name} can be read in different ways`
  return {
    code: 'BAD_REQUEST',
    message: `The header ${name} is there more than once`,
    details: [{ path: `/headers/${name}`, expected: 'the header once', hint }],
  }
}

/** `raw`: names and values in turn, as they came in. Errors: BAD_REQUEST. */
export function repeatedHeader(raw: readonly string[]): Failure | undefined {
  const seen = new Set<string>()
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]?.toLowerCase() ?? ''
    if (!SINGLE.has(name)) continue
    if (seen.has(name)) return repeated(name)
    seen.add(name)
  }
  return undefined
}
