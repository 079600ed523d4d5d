import { expect, test } from 'vitest'
import { parsePage } from '../../src/site/front-matter.js'
import { fenceInfo } from '../../src/site/markdown/fence-info.js'
import { parseSequence } from '../../src/site/markdown/sequence.js'
import { renderSite } from '../../src/site/site.js'
import { htmlOf, siteOfTests, sourcesOfTests, withText } from './built-site.js'

const html = htmlOf(siteOfTests, 'guides/everything/')

test('pages come by their order, and each leads to the next one', () => {
  expect(html).toContain('<h1>Everything a page may hold</h1>')
  expect(html).toMatch(/rel="prev" href="\.\.\/\.\.\/start\/first\/"/)
  expect(html).toMatch(/rel="next" href="\.\.\/\.\.\/guides\/later\/"/)
})

test('names that have a page are links to it, wherever they stand', () => {
  expect(html).toContain(
    '<a href="../../reference/requests/undo_command/"><code>undo_command</code></a>',
  )
  expect(html).toContain('<a href="../../reference/rules/#UNDO3">UNDO3</a>')
  expect(html).toContain(
    '<a href="../../reference/errors/STORAGE_UNAVAILABLE/">STORAGE_UNAVAILABLE</a>',
  )
  expect(html).toContain('and <code>not_a_name</code>')
})

const NAMES = [
  ['`useUndo`', 'sdk-react/useUndo/'],
  ['`useNode(id, select)`', 'sdk-react/useNode/'],
  ['`connect()`', 'sdk/connect/'],
  ["`connect('http://localhost:5000')`", 'sdk/connect/'],
  ['`TalusError`', 'sdk/TalusError/'],
  ['`Session.flush`', 'sdk/Session/#flush'],
  ['`session.flush()`', 'sdk/Session/#flush'],
  ['`graph.node(id)`', 'sdk/SessionGraph/#node'],
  ['`session.presence.update`', 'sdk/SessionPresence/#update'],
  ['[options](talus:sdk/ClientOptions)', 'sdk/ClientOptions/'],
  ['[flush](talus:sdk/Session.flush)', 'sdk/Session/#flush'],
  ['`command:executed`', 'events/command-executed/'],
] as const

/** A page with a section for each of them: rendering the site takes a second. */
const withNames = renderSite(
  withText(
    sourcesOfTests(),
    'later',
    NAMES.map(([code], n) => `## Name ${n}\n\n${code}\n`).join('\n'),
  ),
)

test.each(NAMES.map(([code, place], n) => ({ code, place, n })))(
  'a name of the SDK is a link to its page: $code',
  ({ place, n }) => {
    const section = htmlOf(withNames, 'guides/later/').split(/<h2[^>]*>/)[n + 1]
    expect(section).toContain(`Name ${n}`)
    expect(section).toContain(`href="../../reference/${place}"`)
  },
)

test('a word that is no call is none, whatever the SDK is called by', () => {
  const sources = withText(sourcesOfTests(), 'later', '## One\n\nThen `connect` and `rest`.\n')
  const page = htmlOf(renderSite(sources), 'guides/later/')
  expect(page).toContain('Then <code>connect</code> and <code>rest</code>.')
})

test('links of our own scheme lead to their pages', () => {
  for (const place of [
    'requests/join_session/',
    'events/command-executed/',
    'graph-events/graph-node-created/',
    'commands/CreateNode/',
    'routes/get-graph/',
    'errors/NOT_FOUND/',
    'rules/#VER1',
    'models/Node/',
  ]) {
    expect(html).toContain(`href="../../reference/${place}"`)
  }
})

test('headings are named as GitHub names them, the second of a name too', () => {
  expect(html).toContain('<h2 id="links">')
  expect(html).toContain('<h2 id="links-1">')
  expect(html).toContain('<h3 id="output">')
})

test('code is coloured by classes, has its title, and is text', () => {
  expect(html).toContain('<figcaption>server.ts</figcaption>')
  expect(html).toContain('<span class="hljs-keyword">const</span>')
  expect(html).toContain('&lt;script&gt;')
  expect(html).not.toContain('style=')
})

test('fences with tabs that follow each other are one group', () => {
  const groups = [...html.matchAll(/role="tablist".*?<\/div>/g)].map(([list]) =>
    [...list.matchAll(/<button[^>]*>(.*?)<\/button>/g)].map(([, label]) => label),
  )
  expect(groups).toEqual([
    ['TypeScript', 'JavaScript', 'Python'],
    ['JavaScript', 'curl'],
  ])
})

test('a quotation that says so is a callout', () => {
  expect(html).toContain('<aside class="callout note" aria-label="Note">')
  expect(html).toContain('<aside class="callout careful" aria-label="Careful">')
  expect(html.match(/<blockquote>/g)).toHaveLength(1)
})

test('a diagram is drawn, and told as text', () => {
  const figure = /<figure class="sequence">.*?<\/figure>/s.exec(html)?.[0] ?? ''
  expect(figure).toContain('<title id=')
  expect([...figure.matchAll(/<li>(.*?)<\/li>/g)].map(([, step]) => step)).toEqual([
    'Ann asks Server: join_session { session_id } &amp; more',
    'Server: &lt;b&gt;checks&lt;/b&gt; what is said here, which takes more than a line',
    'Server tells Ann: joined',
    'Ann: draws',
  ])
})

test.each([
  ['participant Ann\nAnn -> Bob: hello', 'Bob is no participant'],
  ['participant Ann\nAnn hello', 'no line like: Ann hello'],
  ['participant Ann\nnote Bob: hello', 'Bob is no participant'],
])('a diagram that cannot be read is told: %j', (source, message) => {
  expect(() => parseSequence(source)).toThrow(message)
})

test('HTML in a page is text', () => {
  const sources = withText(sourcesOfTests(), 'later', '## One\n\n<b onclick="x">bold</b>\n')
  expect(htmlOf(renderSite(sources), 'guides/later/')).toContain('&lt;b onclick=&quot;x&quot;&gt;')
})

test('code in a language that nobody knows is told', () => {
  const sources = withText(sourcesOfTests(), 'later', '## One\n\n```cobol\nMOVE A TO B.\n```\n')
  expect(() => renderSite(sources)).toThrow('cobol')
})

test.each([
  ['guides/secure', '## No front matter'],
  ['guides/deeper/secure', '---\ntitle: A\ndescription: B\norder: 1\n---\n'],
  ['guides/secure', '---\ntitle: A\norder: 1\n---\n'],
  ['guides/secure', '---\ntitle: A\ndescription: B\norder: first\n---\n'],
])('a page is refused where something is missing: %s %j', (place, text) => {
  expect(() => parsePage(place, text)).toThrow(`pages/${place}.md`)
})

test('a page of no section is refused', () => {
  const sources = sourcesOfTests()
  const [page] = sources.pages
  const strange = { ...sources, pages: page ? [{ ...page, section: 'news' }] : [] }
  expect(() => renderSite(strange)).toThrow('no section news')
})

test('what stands behind the backticks is read', () => {
  expect(fenceInfo('ts title="a b.ts" run file=x.ts')).toEqual({ language: 'ts', title: 'a b.ts' })
  expect(fenceInfo('js tab="TypeScript"')).toEqual({ language: 'js', tab: 'TypeScript' })
  expect(fenceInfo('text output')).toEqual({ language: 'text' })
  expect(fenceInfo('')).toEqual({ language: '' })
})
