import { rest } from '@talus/client'
import { ROUTES } from '@talus/protocol'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { apiReference } from './api-reference.mjs'

const INTRO = `# API of @talus/client

Generated from the docstrings by \`pnpm generate\`. Types of \`@talus/protocol\`, such as what a command takes and gives, follow from the contract: [PROTOCOL.md](../protocol/PROTOCOL.md) explains it. How the parts work together is in the [README](README.md).`

/** @param {string} path */
const built = (path) => fileURLToPath(new URL(`../dist/${path}`, import.meta.url))

/** @param {string} specifier @param {string} file */
function locate(specifier, file) {
  const isGraph = specifier === '@talus/graph'
  if (!isGraph && !specifier.startsWith('.')) return undefined
  const base = new URL(`file://${file}`)
  const url = isGraph ? import.meta.resolve(specifier) : new URL(specifier, base).href
  return fileURLToPath(url.replace(/\.js$/, '.d.ts'))
}

/** One line for each method that there is. */
function routeList() {
  const methods = Object.entries(ROUTES).map(([name, { method, path, summary }]) => {
    const called = name.replace(/Route$/, '').replace(/^./, (first) => first.toLowerCase())
    return { called, line: `- \`${called}\`: \`${method} ${path}\`. ${summary}` }
  })
  const there = Object.keys(rest('http://localhost'))
  const missing = methods.find(({ called }) => !there.includes(called))
  if (missing) throw new Error(`There is no method ${missing.called}`)
  return ['The methods:', methods.map(({ line }) => line).join('\n')].join('\n\n')
}

const reference = await apiReference({
  intro: INTRO,
  entryPoints: [
    { specifier: '@talus/client', file: built('index.d.ts') },
    { specifier: '@talus/client/react', file: built('react/index.d.ts') },
    { specifier: '@talus/client/node', file: built('node/index.d.ts') },
  ],
  routes: routeList(),
  locate,
})
writeFileSync(new URL('../API.md', import.meta.url), reference)
