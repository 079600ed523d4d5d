import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fixedTemplates } from '@talus/server'
import { parseAllDocuments } from 'yaml'
import { pages, placeOf, type Fence } from './pages/page.js'
import { isWithoutPython, Scratch } from './pages/scratch.js'
import { Story } from './pages/story.js'
import { faults } from './spec-files.js'

const all = pages.flatMap((page) =>
  page.fences.map((fence) => ({ place: placeOf(page, fence), ...fence })),
)

const ofLanguage = (...languages: string[]) =>
  all.filter(({ language, attributes }) => languages.includes(language) && !attributes.has('norun'))

test('every fence is in a language that is tested or shown as it is', () => {
  const tested = ['ts', 'tsx', 'js', 'python', 'bash', 'yaml', 'json', 'html']
  const shown = ['text', 'sequence']
  const other = all.filter(({ language }) => ![...tested, ...shown].includes(language))
  expect(other.map(({ place }) => place)).toEqual([])
})

test('these are not run', () => {
  const reasons = all.flatMap(({ place, attributes }) => {
    const reason = attributes.get('norun')
    return reason === undefined ? [] : [`${place.replace(/:\d+$/, '')}: ${reason}`]
  })
  expect([...new Set(reasons)]).toEqual([
    'pages/guides/migrate-from-flask.md: the same as above, with a folder of the reader',
    "pages/guides/operate.md: another server, of the reader's machine",
    "pages/guides/proxies.md: another server, of the reader's machine",
    'pages/guides/secure.md: needs a certificate',
    "pages/guides/secure.md: another server, of the reader's machine",
    'pages/guides/server-rendering.md: installs from the network',
    "pages/guides/several-servers.md: a database of the reader's",
    "pages/guides/several-servers.md: services of the reader's",
    'pages/start/install.md: builds what the tests have built',
    'pages/start/install.md: defines what the tests have on their path',
    'pages/start/install.md: installs from the network',
    'pages/start/react.md: installs from the network',
  ])
})

describe('JSON can be read', () => {
  test.each(ofLanguage('json'))('$place', ({ code }: Fence) => {
    expect(JSON.parse(code)).toBeTypeOf('object')
  })
})

describe('JSON is of the schema that it names', () => {
  const named = ofLanguage('json').filter(({ attributes }) => attributes.has('schema'))
  test.each(named)('$place', ({ code, attributes }: Fence) => {
    expect(faults(`schemas/${attributes.get('schema')}.json`, JSON.parse(code))).toEqual([])
  })
})

describe('YAML can be read', () => {
  test.each(ofLanguage('yaml'))('$place', ({ code }: Fence) => {
    expect(parseAllDocuments(code).flatMap(({ errors }) => errors)).toEqual([])
  })
})

describe('templates are valid', () => {
  const templates = ofLanguage('yaml').filter(({ attributes }) => attributes.has('template'))
  test.each(templates)('$place', ({ code }: Fence) => {
    expect(fixedTemplates({ page: code }).list()).toHaveLength(1)
  })
})

const withoutPython = isWithoutPython()

describe.each(pages)('$name', (page) => {
  test('says what it is about, and its links to other pages lead there', () => {
    expect(page.front).toEqual({
      title: expect.any(String),
      description: expect.stringMatching(/^(?!.*\. ).+\.$/),
      order: expect.any(Number),
    })
    const links = [...page.text.matchAll(/\]\((\.\.?\/[^)#]+\.md)/g)].map(([, link = '']) => link)
    const base = new URL(`../pages/${page.name}.md`, import.meta.url)
    expect(links.filter((link) => !existsSync(new URL(link, base)))).toEqual([])
  })

  const wantsPython = page.fences.some(({ language }) => language === 'python')

  test.skipIf(wantsPython && withoutPython)('does what it says', async () => {
    await using scratch = await Scratch.create()
    await using story = new Story(page, scratch)
    await expect(story.run()).resolves.toBeUndefined()
  })
})
