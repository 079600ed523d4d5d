import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { contractDocument } from '@talus/protocol'
import { parse } from 'acorn'
import { full } from 'acorn-walk'
import { checkSync } from 'recheck'
import { expect, test } from 'vitest'

// A pattern that tries the same text in several ways takes minutes for a value of 1 MB, in one turn
// of the event loop. A checker of such patterns looks at all that are there.

/** A regular expression, and where it was found. */
type Pattern = { source: string; flags: string; at: string }

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const PARTS = ['packages/protocol', 'packages/graph', 'apps/server']

/**
 * Without the CommonJS form for those who cannot load the modules, which nothing here loads, and the
 * page that the server serves: it runs in the browser of whoever opens it.
 */
function filesBelow(folder: string, ending: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending) && !/^(cjs|studio)[\\/]/.test(file))
    .map((file) => join(folder, file))
}

function textOf(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8')
}

/** The patterns of the contract, wherever a schema has one. TypeBox compiles them with `u`. */
function patternsOf(value: unknown, at: string): Pattern[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, member]) =>
    key === 'pattern' && typeof member === 'string'
      ? [{ source: member, flags: 'u', at: `${at}/${key}` }]
      : patternsOf(member, `${at}/${key}`),
  )
}

/** `pnpm test:long` looks at the libraries that are built into a file as well. */
const IS_WHOLE = process.env['TALUS_MATRIX'] === 'whole'

/** The expressions that a built file has. */
function expressionsOf(file: string): Pattern[] {
  const found: Pattern[] = []
  /** Where the text of each module begins: a comment names it. */
  const modules: { path: string; start: number }[] = []
  const onComment = (_isBlock: boolean, text: string, start: number) => {
    const path = /^ (\S+\.[mc]?[jt]s)$/.exec(text)?.[1]
    if (path !== undefined) modules.push({ path, start })
  }
  const options = { ecmaVersion: 'latest', sourceType: 'module', locations: true } as const
  full(parse(textOf(file), { ...options, onComment }), (node) => {
    const { regex, loc } = node as typeof node & { regex?: { pattern: string; flags: string } }
    if (!regex) return
    const module = modules.findLast(({ start }) => start < node.start)?.path ?? ''
    if (!IS_WHOLE && module.includes('node_modules')) return
    found.push({ source: regex.pattern, flags: regex.flags, at: `${file}:${loc?.start.line}` })
  })
  return found
}

const FOUND = [
  ...patternsOf(contractDocument(), 'contract'),
  ...PARTS.flatMap((part) => filesBelow(`${part}/dist`, '.js')).flatMap(expressionsOf),
]

/**
 * Those of the YAML library, which are tried at every place of a row of blanks: what they read comes
 * in a thread with a time limit of its own.
 */
const CONTAINED = new Set([
  String.raw`[ \t]+$`,
  String.raw`[\n\r]+$`,
  String.raw`^[ \t]+|[ \t]+$`,
  String.raw`000000\d*$`,
])

/** Each once, with the first place where it is. */
const PATTERNS = [
  ...new Map(FOUND.map((each) => [`${each.source}/${each.flags}`, each])).values(),
].filter(({ source }) => !CONTAINED.has(source))

test('there are patterns in the contract and in what is built', () => {
  for (const part of ['contract', ...PARTS]) {
    expect(FOUND.filter(({ at }) => at.startsWith(part)).length).toBeGreaterThan(0)
  }
})

test.each(PATTERNS)('/$source/$flags takes time that grows with the text alone', (pattern) => {
  const { source, flags, at } = pattern
  // Steps decide, not the second that an attack may take by default: a busy machine needs longer.
  const { status } = checkSync(source, flags, { timeout: 60_000, attackTimeout: null })
  expect({ at, status }).toEqual({ at, status: 'safe' })
})

test('the checker knows a pattern that takes time beyond that', () => {
  expect(checkSync(String.raw`^(\d+\.?\d*)$`, '').status).toBe('vulnerable')
})

test('no pattern is made of text that came in: neither templates nor searches have any', () => {
  const sources = PARTS.flatMap((part) => filesBelow(`${part}/src`, '.ts'))
  expect(sources.filter((file) => /\bRegExp\(/.test(textOf(file)))).toEqual([])
})
