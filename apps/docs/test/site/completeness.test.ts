import {
  CLIENT_EVENTS,
  COMMANDS,
  ERROR_CODES,
  GRAPH_EVENTS,
  ROOT_EVENTS,
  ROUTES,
} from '@talus/protocol'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readSources } from '../../src/read-sources.js'
import { models } from '../../src/models.js'
import { textOf } from '../../src/site/page.js'
import { renderSite } from '../../src/site/site.js'
import { committed } from '../spec-files.js'
import { htmlOf, siteOfTests } from './built-site.js'

/** The pages below a folder, by their title. */
function titlesBelow(folder: string): string[] {
  return [...siteOfTests]
    .filter(([path]) => path.startsWith(folder) && path !== `${folder}index.html`)
    .map(([, html]) => textOf(/<h1>(.*?)<\/h1>/s.exec(html)?.[1] ?? ''))
    .toSorted()
}

const graphEvents = [...Object.keys(GRAPH_EVENTS), 'error', 'pong']
const routes = Object.values(ROUTES).map(({ method, path }) => `${method} ${path}`)

// Read from the package itself: what the site is made from is not asked.
test.each([
  ['requests', Object.keys(CLIENT_EVENTS)],
  ['commands', Object.keys(COMMANDS)],
  ['events', Object.keys(ROOT_EVENTS)],
  ['graph-events', graphEvents],
  ['routes', routes],
  ['errors', [...ERROR_CODES]],
  ['models', [...models.keys()]],
])('there is one page for each of the %s, and no other', (folder, names) => {
  expect(names.length).toBeGreaterThan(5)
  expect(titlesBelow(`reference/${folder}/`)).toEqual(names.toSorted())
})

describe.each([
  ...Object.values(CLIENT_EVENTS)
    // `ping` carries nothing.
    .filter(({ name }) => name !== 'ping')
    .map((event) => [`requests/${event.name}`, Object.keys(propertiesOf(event.payload))] as const),
  ...Object.values(COMMANDS).map(
    ({ type, data }) => [`commands/${type}`, Object.keys(propertiesOf(data))] as const,
  ),
])('%s', (path, fields) => {
  const html = htmlOf(siteOfTests, `reference/${path}/`)
  const part = path.startsWith('commands') ? 'data' : 'payload'

  test('every field has a row that links lead to', () => {
    expect(fields.length).toBeGreaterThan(0)
    for (const field of fields) expect(html).toContain(`<tr id="${part}.${field}"`)
  })
})

/** The names that an entry point of the SDK hands on, read from its source. */
function exportedBy(path: string): string[] {
  const file = new URL(`../../../../packages/client/src/${path}`, import.meta.url)
  return [...readFileSync(file, 'utf8').matchAll(/export (?:type )?\{([^}]*)\}/g)]
    .flatMap(([, names = '']) => names.split(','))
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

test.each([
  ['sdk', 'index.ts'],
  ['sdk-react', 'react/index.ts'],
  ['sdk-node', 'node/index.ts'],
])('%s has one page for each public name of the SDK, and no other', (folder, file) => {
  const names = exportedBy(file)
  expect(names.length).toBeGreaterThan(0)
  expect(titlesBelow(`reference/${folder}/`)).toEqual(names.toSorted())
})

test('every entry point of the SDK has its pages', () => {
  const file = new URL('../../../../packages/client/package.json', import.meta.url)
  const { exports } = JSON.parse(readFileSync(file, 'utf8')) as { exports: object }
  const names = Object.keys(exports).filter((name) => name !== './package.json')
  const folders = names.map((name) => `reference/${name.replace('.', 'sdk').replace('/', '-')}/`)
  for (const folder of folders) expect(titlesBelow(folder)).not.toEqual([])
})

test.each([
  ['Session', 'flush', 'Session.flush'],
  ['SessionGraph', 'subscribeNode', 'SessionGraph.subscribeNode'],
  ['Client', 'join', 'Client.join'],
])('a member of %s has a heading that links lead to: %s', (name, member, heading) => {
  const html = htmlOf(siteOfTests, `reference/sdk/${name}/`)
  expect(html).toContain(`<h3 id="${member}">${heading} `)
})

test('the methods of rest are those of the contract', () => {
  const html = htmlOf(siteOfTests, 'reference/sdk/Rest-type/')
  for (const route of Object.keys(ROUTES)) {
    const method = route.replace(/Route$/, '').replace(/^./, (first) => first.toLowerCase())
    expect(html).toContain(`<tr id="${method}">`)
  }
})

test.each([
  ['connect', 'ClientOptions'],
  ['rest', 'RestOptions'],
])('%s shows what it takes, and what every option defaults to', (name, type) => {
  const html = htmlOf(siteOfTests, `reference/sdk/${name}/`)
  const rows = [...html.matchAll(new RegExp(`<tr id="${type}\\.(\\w+)">(.*?)</tr>`, 'gs'))]
  expect(rows.length).toBeGreaterThan(3)
  const silent = rows.filter(([, , row = '']) => !textOf(row).includes('Default'))
  expect(silent.map(([, option]) => option)).toEqual([])
})

function propertiesOf(schema: object): object {
  return 'properties' in schema ? (schema.properties as object) : {}
}

test('every numbered rule can be linked to', () => {
  const text = readFileSync(
    new URL('../../../../packages/protocol/PROTOCOL.md', import.meta.url),
    'utf8',
  )
  const ids = [...text.matchAll(/\*\*\[([A-Z]+\d+)\]\*\*/g)].map(([, id]) => id)
  expect(ids.length).toBeGreaterThan(80)
  const html = htmlOf(siteOfTests, 'reference/rules/')
  for (const id of ids) expect(html).toContain(`<li id="${id}" class="rule">`)
})

test('every specification can be downloaded as it is committed', () => {
  const page = htmlOf(siteOfTests, 'reference/downloads/')
  for (const [path, text] of committed) {
    expect(siteOfTests.get(`reference/downloads/${path}`)).toBe(text)
    expect(page).toContain(`href="../../reference/downloads/${path}"`)
  }
})

test('the version history has a row for every version', () => {
  const html = htmlOf(siteOfTests, 'reference/history/')
  for (const version of ['1.0', '1.1', '1.2', '1.3']) expect(html).toContain(`<td>${version}</td>`)
})

test('the access table has every cell of ACCESS.md', () => {
  const text = readFileSync(
    new URL('../../../../packages/protocol/ACCESS.md', import.meta.url),
    'utf8',
  )
  const cells = text.match(/(?<=\| )(allowed|FORBIDDEN|UNAUTHORIZED)(?= )/g) ?? []
  expect(cells.length).toBeGreaterThan(500)
  const html = htmlOf(siteOfTests, 'reference/access/')
  expect(html.match(/<td class="(allowed|denied)">/g)).toHaveLength(cells.length)
})

test('every page that somebody has written is there', () => {
  const folder = new URL('../../pages/', import.meta.url)
  const sources = readSources()
  const site = renderSite(sources)
  const written = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.md'),
  )
  expect(written.length).toBeGreaterThan(10)
  expect(sources.pages).toHaveLength(written.length)
  for (const path of written) {
    expect(site.has(`${path.replaceAll('\\', '/').replace(/\.md$/, '')}/index.html`)).toBe(true)
  }
})

test('the same sources give the same bytes', () => {
  expect([...renderSite(readSources())]).toEqual([...renderSite(readSources())])
})
