import { expect, test } from 'vitest'
import { readSources } from '../../src/read-sources.js'
import { renderSite } from '../../src/site/site.js'
import { siteOfTests } from './built-site.js'

/** Bytes of a page with all that it loads, the search and its index excepted. */
const MOST = 300_000

const bytes = (text: string) => Buffer.byteLength(text)

test.each([
  ['the site of the tests', siteOfTests],
  ['the site', renderSite(readSources())],
])('%s: every page weighs less than 300 kB, as it comes uncompressed', (_name, site) => {
  const assets = [...site].filter(([path]) => path.startsWith('assets/'))
  const loaded = assets.filter(([path]) => /(?:site\.css|site\.js|theme\.js|icon\.svg)$/.test(path))
  expect(loaded).toHaveLength(4)
  const shared = loaded.reduce((sum, [, text]) => sum + bytes(text), 0)
  const heavy = [...site]
    .filter(([path]) => path.endsWith('.html'))
    .map(([path, html]) => ({ path, weight: bytes(html) + shared }))
    .filter(({ weight }) => weight >= MOST)
  expect(heavy).toEqual([])
})

test('no page has a script, a style or a handler of its own', () => {
  for (const [path, html] of siteOfTests) {
    if (!path.endsWith('.html')) continue
    expect([path, html.match(/<script[^>]*>[^<]/g)]).toEqual([path, null])
    expect([path, html.match(/<style|\sstyle="|\son[a-z]+="|javascript:/gi)]).toEqual([path, null])
  }
})
