import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

/** What the core may weigh in a page, minified and gzipped, beside what it shares with others. */
const LIMIT_BYTES = 26_000

const SHARED = ['socket.io-client', 'typebox', 'typebox/*', 'react']

/**
 * Bundles as an application for browsers does. A module of Node makes it fail, as it has none.
 * @param {string} contents
 */
async function weigh(contents) {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    external: SHARED,
    write: false,
    metafile: true,
  })
  const [{ contents: bytes } = expected('a bundle')] = outputFiles
  const modules = Object.entries(Object.values(metafile.outputs)[0]?.inputs ?? {})
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => path)
  return { bytes: gzipSync(bytes, { level: 9 }).length, modules }
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
for (const [name, { bytes }] of Object.entries(parts)) console.log(`${name}: ${bytes} bytes`)

// A schema of the contract or the parser of templates would come unnoticed, a little at a time.
const strangers = core.modules.filter((path) => /\/(model|commands|events|yaml)\//.test(path))
if (strangers.length > 0) expected(`a core without ${strangers.join(', ')}`)
if (core.bytes > LIMIT_BYTES) expected(`a core of at most ${LIMIT_BYTES} bytes`)
