import { createHash } from 'node:crypto'
import { checkLinks, withRelativeLinks } from './finish.js'
import { landingPage } from './layout/landing.js'
import { listPages } from './layout/lists.js'
import { frameOf } from './layout/shell.js'
import { createMarkdown } from './markdown/markdown.js'
import { navigationOf, SECTION_NAMES } from './navigation.js'
import type { SitePage } from './page.js'
import { placeOf, Places } from './places.js'
import { downloadsOf, downloadsPage } from './reference/downloads-page.js'
import { errorPages } from './reference/error-pages.js'
import { commandPages, eventPages, requestPages } from './reference/message-pages.js'
import { modelPages } from './reference/model-pages.js'
import { routePages } from './reference/route-pages.js'
import { rulesOf } from './reference/rules.js'
import { SchemaNames } from './reference/schema-names.js'
import { sdkPages } from './reference/sdk-pages.js'
import { Shapes } from './reference/shape.js'
import { textPages } from './reference/text-pages.js'
import { searchIndex } from './search/search-index.js'
import type { SiteContext } from './site-context.js'
import type { Asset, Sources } from './sources.js'
import { linksOfTexts } from './text-links.js'

function contextOf({ contract, protocolText, sdk }: Sources): SiteContext {
  const places = new Places(contract, protocolText, sdk)
  const names = new SchemaNames()
  return {
    contract,
    places,
    names,
    markdown: createMarkdown(places, linksOfTexts(places)),
    shapes: new Shapes(names),
    rules: rulesOf(protocolText),
  }
}

/** The pages that people have written, section by section. */
function writtenPages({ markdown }: SiteContext, { pages }: Sources): SitePage[] {
  const strange = pages.find(({ section }) => !(SECTION_NAMES as string[]).includes(section))
  if (strange) throw new Error(`There is no section ${strange.section}`)
  return SECTION_NAMES.flatMap((section) =>
    pages
      .filter((page) => page.section === section)
      .toSorted((a, b) => a.order - b.order || (a.slug < b.slug ? -1 : 1))
      .map(({ slug, title, description, text }) => {
        const path = `${section}/${slug}/`
        return { path, title, description, body: markdown.page(text, path) }
      }),
  )
}

function referencePages(site: SiteContext, { sdk }: Sources): SitePage[] {
  return [
    ...sdkPages(site, sdk),
    ...requestPages(site),
    ...commandPages(site),
    ...eventPages(site, '/'),
    ...eventPages(site, '/graph'),
    ...routePages(site),
    ...errorPages(site),
    ...modelPages(site),
  ]
}

/** Named by what is in them, so that browsers may keep them for good. */
function assetFolder(assets: readonly Asset[]): string {
  const hash = createHash('sha256')
  for (const { name, content } of assets) hash.update(`${name}\0${content}\0`)
  return `assets/${hash.digest('hex').slice(0, 12)}`
}

/**
 * Every file of the site, by its path: the same sources always give the same. Throws when a link
 * leads nowhere.
 */
export function renderSite(sources: Sources): Map<string, string> {
  const site = contextOf(sources)
  const texts = [...textPages(site, sources), downloadsPage(sources)]
  const content = [...writtenPages(site, sources), ...texts, ...referencePages(site, sources)]
  const sections = navigationOf(content, texts)
  const pages = [landingPage(site, sections), ...listPages(site, content, texts), ...content]

  const index = { name: 'search-index.json', content: searchIndex(pages, site.rules) }
  const assets = [...sources.assets, index]
  const folder = assetFolder(assets)
  const version = site.contract.protocol_version
  const framed = new Map(
    pages.map((page) => [page.path, frameOf({ page, sections, assets: folder, version })]),
  )
  const files = new Map([
    ...assets.map(({ name, content: text }): [string, string] => [`${folder}/${name}`, text]),
    ...[...downloadsOf(sources)].map(([name, text]): [string, string] => [
      placeOf.downloads + name,
      text,
    ]),
  ])
  checkLinks(framed, new Set(files.keys()))
  for (const [path, html] of framed) {
    files.set(`${path}index.html`, withRelativeLinks(html, path))
  }
  return files
}
