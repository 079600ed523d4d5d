import type { MarkdownIt, Token } from 'markdown-it'
import type { Places } from '../places.js'
import { siteLink } from '../places.js'

const WORD = /\b[A-Z][A-Z_]*[A-Z]\d*\b/g

/** Where it stands, links that lead to the same page are no help. */
export type Here = { path: string }

/** Puts links in the place of rule numbers, error codes and names in code that have a page. */
export function linkReferences(md: MarkdownIt, places: Places): void {
  md.core.ruler.push('references', (state) => {
    const { path } = state.env as Here
    const isElsewhere = (place: string | undefined): place is string =>
      place !== undefined && place !== path

    function linked(place: string, inner: Token): Token[] {
      const open = new state.Token('link_open', 'a', 1)
      open.attrs = [['href', siteLink(place)]]
      return [open, inner, new state.Token('link_close', 'a', -1)]
    }

    function text(content: string): Token {
      const token = new state.Token('text', '', 0)
      token.content = content
      return token
    }

    function ofText(token: Token): Token[] {
      const { content } = token
      const parts: Token[] = []
      let end = 0
      for (const match of content.matchAll(WORD)) {
        const place = places.ofWord(match[0])
        if (!isElsewhere(place)) continue
        parts.push(text(content.slice(end, match.index)), ...linked(place, text(match[0])))
        end = match.index + match[0].length
      }
      return end === 0 ? [token] : [...parts, text(content.slice(end))]
    }

    function ofInline(children: readonly Token[]): Token[] {
      let depth = 0
      return children.flatMap((token) => {
        if (token.type === 'link_open') depth += 1
        if (token.type === 'link_close') depth -= 1
        if (depth > 0) return [token]
        if (token.type === 'text') return ofText(token)
        const place = token.type === 'code_inline' ? places.ofCode(token.content) : undefined
        return isElsewhere(place) ? linked(place, token) : [token]
      })
    }

    state.tokens.forEach((token, index) => {
      // A link in a heading would compete with the one to the heading.
      const isHeading = state.tokens[index - 1]?.type === 'heading_open'
      if (token.children && !isHeading) token.children = ofInline(token.children)
    })
  })
}
