import { rest } from '@talus/client'
import { ROUTES } from '@talus/protocol'
import { fileURLToPath } from 'node:url'
import { describePackage } from './api-reference.mjs'

/** @typedef {import('./api-reference.mjs').Member} Member */

/** @param {string} path */
const built = (path) => fileURLToPath(new URL(`../dist/${path}`, import.meta.url))

/** @param {string} specifier @param {string} file */
function locate(specifier, file) {
  const isGraph = specifier.startsWith('@talus/graph')
  if (!isGraph && !specifier.startsWith('.')) return undefined
  const base = new URL(`file://${file}`)
  const url = isGraph ? import.meta.resolve(specifier) : new URL(specifier, base).href
  return fileURLToPath(url.replace(/\.js$/, '.d.ts'))
}

/** The methods of `Rest`, which its type derives from the contract. @returns {Member[]} */
function restMethods() {
  const there = Object.keys(rest('http://localhost'))
  return Object.entries(ROUTES).map(([route, { method, path, summary }]) => {
    const name = route.replace(/Route$/, '').replace(/^./, (first) => first.toLowerCase())
    if (!there.includes(name)) throw new Error(`There is no method ${name}`)
    const docs = `\`${method} ${path}\`. ${summary}`
    return { name, code: name, line: name, type: '', isOptional: false, docs }
  })
}

/** The public names of `@talus/client` as it is built: for `API.md`, and for the site. */
export async function clientApi() {
  const entries = await describePackage({
    entryPoints: [
      { specifier: '@talus/client', file: built('index.d.ts') },
      { specifier: '@talus/client/react', file: built('react/index.d.ts') },
      { specifier: '@talus/client/node', file: built('node/index.d.ts') },
      { specifier: '@talus/client/raw', file: built('raw/index.d.ts') },
      { specifier: '@talus/client/templates', file: built('templates/index.d.ts') },
    ],
    locate,
  })
  const { members } =
    entries.flatMap(({ names }) => names).find(({ name }) => name === 'Rest') ?? {}
  if (!members) throw new Error('There is no type Rest')
  members.push(...restMethods())
  return entries
}
