import { readSources } from '../../src/read-sources.js'
import { renderSite } from '../../src/site/site.js'
import type { Sources } from '../../src/site/sources.js'

/** The real contract and texts with the pages of the tests. */
export const sourcesOfTests = (): Sources => readSources(new URL('pages/', import.meta.url))

/** The path of a page of the tests, in its sources, with another text. */
export function withText(sources: Sources, slug: string, text: string): Sources {
  const pages = sources.pages.map((page) => (page.slug === slug ? { ...page, text } : page))
  return { ...sources, pages }
}

/** The HTML of a page, by its path in the site. */
export function htmlOf(files: ReadonlyMap<string, string>, path: string): string {
  const html = files.get(`${path}index.html`)
  if (html === undefined) throw new Error(`The site has no ${path}`)
  return html
}

export const siteOfTests = renderSite(sourcesOfTests())
