import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

const SHORT = 30
const SERVER = 'apps/server/src'

/** The folders of the server, lowest first: a file imports from its own folder and from those below. */
const FLOORS = [
  'ground',
  'tls',
  'limits',
  'config',
  'observability',
  'journal',
  'auth',
  'presence',
  'broadcast',
  'session',
  'cluster',
  'projects',
  'http',
  'sockets',
  'commands',
  'top',
]
/** What lies in `src` itself is the ground floor, or one of the entry points above everything. */
const TOP = new Set([
  'app.ts',
  'embed.ts',
  'index.ts',
  'main.ts',
  'open-journal.ts',
  'talus.ts',
  'testing.ts',
  'wiring.ts',
])

function sourcesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return sourcesBelow(path)
    return /\.tsx?$/.test(entry.name) ? [path] : []
  })
}

const linesOf = (text) => text.split('\n').length - 1

function median(sorted) {
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle] : Math.round((sorted[middle - 1] + sorted[middle]) / 2)
}

/** Exported and local types; interfaces of the same name are counted alike. */
function typesIn(text) {
  return [...text.matchAll(/^(?:export )?(?:type|interface) (\w+)/gm)].map(([, name]) => name)
}

function figuresOf(source) {
  const files = sourcesBelow(source).map((path) => ({ path, text: readFileSync(path, 'utf8') }))
  const lengths = files.map(({ text }) => linesOf(text)).toSorted((a, b) => a - b)
  const longest = files.toSorted((a, b) => linesOf(b.text) - linesOf(a.text))[0]
  const declared = new Map()
  for (const name of files.flatMap(({ text }) => typesIn(text))) {
    declared.set(name, (declared.get(name) ?? 0) + 1)
  }
  return {
    files: files.length,
    lines: lengths.reduce((sum, lines) => sum + lines, 0),
    median: median(lengths),
    longest: `${linesOf(longest.text)} ${relative(source, longest.path)}`,
    'types twice': [...declared.values()].filter((count) => count > 1).length,
    [`under ${SHORT}`]: lengths.filter((lines) => lines < SHORT).length,
  }
}

function floorOf(path) {
  const parts = relative(SERVER, path).split('/')
  if (parts.length > 1) return parts[0]
  return TOP.has(parts[0]) ? 'top' : 'ground'
}

/** Imports between the server's folders, `import type` included. */
function arrows() {
  return sourcesBelow(SERVER).flatMap((path) => {
    const text = readFileSync(path, 'utf8')
    const specifiers = [...text.matchAll(/(?:\bfrom|\bimport\(?)\s*'(\.[^']+)'/g)]
    return specifiers
      .map(([, specifier]) => join(dirname(path), specifier.replace(/\.js$/, '.ts')))
      .map((target) => ({ path, target, from: floorOf(path), to: floorOf(target) }))
      .filter(({ from, to }) => from !== to)
  })
}

/** The folders that can be reached from themselves. */
function circles(all) {
  const next = new Map()
  for (const { from, to } of all) next.set(from, (next.get(from) ?? new Set()).add(to))
  return [...next.keys()].filter((start) => {
    const reached = new Set()
    const open = [...(next.get(start) ?? [])]
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (reached.has(at)) continue
      reached.add(at)
      open.push(...(next.get(at) ?? []))
    }
    return reached.has(start)
  })
}

const sources = ['packages', 'apps']
  .flatMap((group) => readdirSync(group).map((name) => join(group, name)))
  .filter(
    (folder) => existsSync(join(folder, 'src')) && statSync(join(folder, 'src')).isDirectory(),
  )
console.table(Object.fromEntries(sources.map((folder) => [folder, figuresOf(join(folder, 'src'))])))

const all = arrows()
const unknown = all.filter(({ from, to }) => !FLOORS.includes(from) || !FLOORS.includes(to))
const upward = all.filter(({ from, to }) => FLOORS.indexOf(from) < FLOORS.indexOf(to))
const inCircles = circles(all)
const shown = ({ path, target }) => `  ${relative(SERVER, path)} -> ${relative(SERVER, target)}`
console.log(`server: ${upward.length} upward imports, ${inCircles.length} folders in circles`)

if (unknown.length > 0) {
  console.error(`figures: say in FLOORS where these belong:\n${unknown.map(shown).join('\n')}`)
  process.exit(1)
}
if (upward.length > 0 || inCircles.length > 0) {
  console.error(`figures: imports point upward, or in circles\n${upward.map(shown).join('\n')}`)
  console.error(`in circles: ${inCircles.join(', ')}`)
  process.exit(1)
}
