import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fixedTemplates } from '@talus/server'
import { parseAllDocuments } from 'yaml'
import { pages, placeOf, type Fence } from './pages/page.js'
import { Scratch } from './pages/scratch.js'
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
  expect([...new Set(reasons)]).toEqual([])
})

describe('JSON', () => {
  test.each(ofLanguage('json'))('$place', ({ code, attributes }: Fence) => {
    const value: unknown = JSON.parse(code)
    const schema = attributes.get('schema')
    if (schema !== undefined) expect(faults(`schemas/${schema}.json`, value)).toEqual([])
  })
})

describe('YAML', () => {
  test.each(ofLanguage('yaml'))('$place', ({ code, attributes }: Fence) => {
    for (const { errors } of parseAllDocuments(code)) expect(errors).toEqual([])
    if (attributes.has('template')) expect(fixedTemplates({ page: code }).list()).toHaveLength(1)
  })
})

describe.each(pages)('$name', (page) => {
  test('says what it is about, and its links to other pages lead there', () => {
    expect(page.front).toEqual({
      title: expect.any(String),
      description: expect.stringMatching(/^[^.]+\.$/),
      order: expect.any(Number),
    })
    const links = [...page.text.matchAll(/\]\((\.\.?\/[^)#]+\.md)/g)].map(([, link = '']) => link)
    const base = new URL(`../pages/${page.name}.md`, import.meta.url)
    expect(links.filter((link) => !existsSync(new URL(link, base)))).toEqual([])
  })

  test('does what it says', async () => {
    await using scratch = await Scratch.create()
    await using story = new Story(page, scratch)
    await story.run()
  })
})
