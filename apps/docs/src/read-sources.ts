import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { contractText } from '@talus/protocol'
import { currentContract } from './contract.js'
import { parsePage } from './site/front-matter.js'
import type { Asset, ChangeLog, PageSource, SdkEntry, Sources } from './site/sources.js'
import { specifications } from './specifications.js'

const PACKAGE = new URL('../', import.meta.url)
const PROTOCOL = pathToFileURL(
  createRequire(import.meta.url).resolve('@talus/protocol/package.json'),
)
const WORKSPACE = new URL('../../', PACKAGE)

/** What browsers get, as the build leaves it. */
const ASSETS = ['icon.svg', 'search.js', 'site.css', 'site.js', 'theme.js']
const PUBLISHED = ['packages/protocol', 'packages/client', 'packages/graph', 'apps/server']

const read = (path: string, base: URL) => readFileSync(new URL(path, base), 'utf8')

function readPages(folder: URL): PageSource[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.md'))
    .toSorted()
    .map((path) => parsePage(path.replace(/\.md$/, ''), read(path, folder)))
}

/** Written by the first release; until then there are none. */
function readChangeLogs(): ChangeLog[] {
  return PUBLISHED.flatMap((place) => {
    const file = new URL(`${place}/CHANGELOG.md`, WORKSPACE)
    if (!existsSync(file)) return []
    const { name } = JSON.parse(read(`${place}/package.json`, WORKSPACE)) as { name: string }
    return [{ name, text: readFileSync(file, 'utf8') }]
  })
}

const readAsset = (name: string): Asset => ({
  name,
  content: read(name === 'icon.svg' ? `src/site/style/${name}` : `dist/browser/${name}`, PACKAGE),
})

// Imported at run time, as it reads the SDK as it is built.
const { clientApi } = (await import(
  new URL('packages/client/scripts/client-api.mjs', WORKSPACE).href
)) as { clientApi: () => Promise<SdkEntry[]> }
const sdk = await clientApi()

/** Everything that the site is made from, as it lies in the workspace. */
export function readSources(pages = new URL('pages/', PACKAGE)): Sources {
  const contract = currentContract()
  return {
    contract,
    contractText: contractText(),
    protocolText: read('./PROTOCOL.md', PROTOCOL),
    accessText: read('./ACCESS.md', PROTOCOL),
    flowsText: read('reference/flows.md', PACKAGE),
    pages: readPages(pages),
    changeLogs: readChangeLogs(),
    sdk,
    specifications: specifications(contract),
    assets: ASSETS.map(readAsset),
  }
}

/** Where the built site lies. */
export const SITE = fileURLToPath(new URL('dist/site/', PACKAGE))
