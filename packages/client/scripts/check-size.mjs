import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

/** What the core may weigh in a page, minified and gzipped, beside what it shares with others. */
const LIMIT_BYTES = 26_000

const SHARED = ['socket.io-client', 'typebox', 'typebox/*', 'react']

/**
 * Bundles as an application for browsers does. A module of Node makes it fail, as it has none.
 * What is imported on demand is not counted: `chunks` has its bytes.
 * @param {string} contents
 */
async function weigh(contents) {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    splitting: true,
    outdir: '/',
    format: 'esm',
    platform: 'browser',
    external: SHARED,
    write: false,
    metafile: true,
    absWorkingDir: '/',
  })
  const outputs = new Map(Object.entries(metafile.outputs))
  const entry = [...outputs].find(([, { entryPoint }]) => entryPoint === '<stdin>')?.[0]
  const atOnce = new Set([entry ?? expected('a bundle')])
  for (const path of atOnce) {
    for (const imported of outputs.get(path)?.imports ?? []) {
      if (imported.kind === 'import-statement' && !imported.external) atOnce.add(imported.path)
    }
  }
  const sum = (isCounted) =>
    outputFiles
      .filter(({ path }) => isCounted(path.slice(1)))
      .reduce((bytes, file) => bytes + gzipSync(file.contents, { level: 9 }).length, 0)
  const modules = [...atOnce]
    .flatMap((path) => Object.entries(outputs.get(path)?.inputs ?? {}))
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => path)
  return {
    bytes: sum((path) => atOnce.has(path)),
    chunks: sum((path) => !atOnce.has(path)),
    modules,
  }
}

/**
 * @param {string} what
 * @returns {never}
 */
function expected(what) {
  throw new Error(`expected ${what}`)
}

const core = await weigh(`export * from '@talus/client'`)
const parts = {
  core,
  'rest alone': await weigh(`export { rest } from '@talus/client'`),
  'react hooks': await weigh(`export * from '@talus/client/react'`),
}
for (const [name, { bytes, chunks }] of Object.entries(parts)) {
  console.log(`${name}: ${bytes} bytes, and ${chunks} on demand`)
}

// A schema of the contract or the parser of templates would come unnoticed, a little at a time.
const strangers = core.modules.filter((path) => /\/(model|commands|events|yaml)\//.test(path))
if (strangers.length > 0) expected(`a core without ${strangers.join(', ')}`)
if (core.bytes > LIMIT_BYTES) expected(`a core of at most ${LIMIT_BYTES} bytes`)

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const stated = `at most ${LIMIT_BYTES / 1000} kB`
if (!readme.includes(stated)) expected(`a README that says ${stated}`)
