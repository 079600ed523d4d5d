import { expect, test } from 'vitest'
import { renderSite } from '../../src/site/site.js'
import { siteOfTests, sourcesOfTests, withText } from './built-site.js'

const HERE = 'https://here.example/docs/'

const pages = [...siteOfTests].filter(([path]) => path.endsWith('.html'))
const placeOf = (path: string) => new URL(path.replace(/index\.html$/, ''), HERE)

const attributes = (html: string, name: string) =>
  [...html.matchAll(new RegExp(`\\s${name}="([^"]*)"`, 'g'))].map(([, value = '']) =>
    value.replaceAll('&amp;', '&'),
  )

/** Every link of the finished site as a browser follows it. */
const links = pages.flatMap(([path, html]) =>
  [...attributes(html, 'href'), ...attributes(html, 'src')].map((link) => ({
    path,
    link,
    to: new URL(link, placeOf(path)),
  })),
)
const inside = links.filter(({ to }) => to.href.startsWith(HERE))
const ids = new Map(
  pages.map(([path, html]) => [placeOf(path).href, new Set(attributes(html, 'id'))]),
)

test('every link leads to a file of the site', () => {
  expect(inside.length).toBeGreaterThan(5_000)
  const places = new Set([...siteOfTests.keys()].map((path) => placeOf(path).href))
  const broken = inside.filter(({ to }) => !places.has(to.href.split('#')[0] ?? ''))
  expect(broken).toEqual([])
})

test('every fragment is that of a part', () => {
  const named = inside.filter(({ to }) => to.hash !== '')
  expect(named.length).toBeGreaterThan(2_000)
  const broken = named.filter(
    ({ to }) => !ids.get(to.href.split('#')[0] ?? '')?.has(decodeURIComponent(to.hash.slice(1))),
  )
  expect(broken).toEqual([])
})

test('no link says where the site lies', () => {
  expect(links.filter(({ link }) => link.startsWith('/') || link.includes('site:'))).toEqual([])
})

test('links outside are few, and known', () => {
  const outside = links.filter(({ to }) => !to.href.startsWith(HERE)).map(({ to }) => to.href)
  expect([...new Set(outside)]).toEqual(['https://json-schema.org/'])
})

test('no page has the same id twice', () => {
  for (const [path, html] of pages) {
    const all = attributes(html, 'id')
    expect([path, all.length]).toEqual([path, new Set(all).size])
  }
})

test.each([
  ['talus:event/no-such-event', /no-such-event leads nowhere/],
  ['talus:rule/UNDO99', /UNDO99 leads nowhere/],
  ['talus:model/Nothing', /Nothing leads nowhere/],
  ['../start/nothing.md', /guides\/later\/: start\/nothing\//],
  ['../start/first.md#nothing', /guides\/later\/: start\/first\/#nothing/],
  ['#nothing', /guides\/later\/: guides\/later\/#nothing/],
  ['picture.png', /picture\.png leads nowhere/],
])('a page with a link to %s is not built', (href, message) => {
  const sources = withText(sourcesOfTests(), 'later', `## Links\n\n[there](${href})\n`)
  expect(() => renderSite(sources)).toThrow(message)
})
