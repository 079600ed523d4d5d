import MarkdownIt from 'markdown-it'
import type { Places } from '../places.js'
import { drawFences, frameTables, markCallouts, nameHeadings, nameRules } from './blocks.js'
import { linkReferences } from './references.js'

/** Says where a link of a text leads; `path` is the page that it stands on. */
export type ResolveLink = (href: string, path: string) => string

export type Markdown = {
  /** A text with headings, as HTML. */
  page: (text: string, path: string) => string
  /** One line, as HTML. */
  line: (text: string, path: string) => string
}

/** Reads Markdown in which names that have a page are links to it. HTML is taken as text. */
export function createMarkdown(places: Places, resolveLink: ResolveLink): Markdown {
  const md = new MarkdownIt({ html: false, linkify: false, typographer: false })
  nameHeadings(md)
  nameRules(md)
  markCallouts(md)
  linkReferences(md, places)
  drawFences(md)
  frameTables(md)
  md.core.ruler.push('links', (state) => {
    const { path } = state.env as { path: string }
    for (const token of state.tokens.flatMap(({ children }) => children ?? [])) {
      const href = token.type === 'link_open' ? token.attrGet('href') : null
      if (typeof href === 'string') token.attrSet('href', resolveLink(href, path))
    }
  })
  return {
    page: (text, path) => md.render(text, { path }),
    line: (text, path) => md.renderInline(text, { path }),
  }
}
