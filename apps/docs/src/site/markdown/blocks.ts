import type { MarkdownIt, Token } from 'markdown-it'
import { codeBlock, tabGroup } from './code.js'
import { escapeHtml } from './escape.js'
import { fenceInfo } from './fence-info.js'
import { parseSequence } from './sequence.js'
import { sequenceFigure } from './sequence-svg.js'
import { Slugs } from './slug.js'

const plainText = (token: Token | undefined) =>
  (token?.children ?? []).map(({ content }) => content).join('')

/** A link to the part that has this id. */
export function anchor(id: string, name: string): string {
  return `<a class="anchor" href="#${escapeHtml(id)}" aria-label="Link to ${escapeHtml(name)}">#</a>`
}

/** Every heading has an id and a link to itself. */
export function nameHeadings(md: MarkdownIt): void {
  md.core.ruler.push('heading-ids', ({ tokens }) => {
    const slugs = new Slugs()
    tokens.forEach((token, index) => {
      if (token.type !== 'heading_open') return
      const text = plainText(tokens[index + 1])
      const id = slugs.of(text)
      token.attrSet('id', id)
      const close = tokens[index + 2]
      if (close) close.meta = { id, text }
    })
  })
  md.renderer.rules['heading_close'] = (tokens, index) => {
    const { tag, meta } = tokens[index] ?? {}
    const { id, text } = { id: '', text: '', ...meta }
    return ` ${anchor(id, text)}</${tag}>\n`
  }
}

/** `- **[UNDO3]** …` is a rule: links lead to it. */
export function nameRules(md: MarkdownIt): void {
  md.core.ruler.push('rule-ids', ({ tokens }) => {
    tokens.forEach((token, index) => {
      if (token.type !== 'list_item_open') return
      const id = /^\*\*\[([A-Z]+\d+)\]\*\*/.exec(tokens[index + 2]?.content ?? '')?.[1]
      if (id === undefined) return
      token.attrSet('id', id)
      token.attrSet('class', 'rule')
    })
  })
}

const CALLOUT = /^\*\*(Note|Careful)\*\*/

/** A quotation that begins with **Note** or **Careful** is not one. */
export function markCallouts(md: MarkdownIt): void {
  md.core.ruler.push('callouts', ({ tokens }) => {
    tokens.forEach((token, index) => {
      if (token.type !== 'blockquote_open') return
      const kind = CALLOUT.exec(tokens[index + 2]?.content ?? '')?.[1]
      if (kind === undefined) return
      token.tag = 'aside'
      token.attrSet('class', `callout ${kind.toLowerCase()}`)
      token.attrSet('aria-label', kind)
      const close = tokens
        .slice(index)
        .find(({ type, level }) => type === 'blockquote_close' && level === token.level)
      if (close) close.tag = 'aside'
    })
  })
}

/** A wide table scrolls, by keyboard too, and the page does not. */
export function frameTables(md: MarkdownIt): void {
  md.renderer.rules['table_open'] = () =>
    '<div class="table" tabindex="0" role="region" aria-label="Table"><table>\n'
  md.renderer.rules['table_close'] = () => '</table></div>\n'
  // What fits no other column stands in a table without any heading.
  md.renderer.rules['th_open'] = (tokens, index) =>
    tokens[index + 1]?.content === '' ? '<td>' : '<th scope="col">'
  md.renderer.rules['th_close'] = (tokens, index) =>
    tokens[index - 1]?.content === '' ? '</td>' : '</th>'
}

function fenceHtml({ info, content }: Token, id: string): string {
  const { language, title } = fenceInfo(info)
  if (language === 'sequence') return sequenceFigure(parseSequence(content), id)
  return codeBlock({ code: content, language, title })
}

const tabOf = (token: Token | undefined) =>
  token?.type === 'fence' ? fenceInfo(token.info).tab : undefined

/** Fences one after the other that have a `tab` become one token. */
export function drawFences(md: MarkdownIt): void {
  md.core.ruler.push('tabs', (state) => {
    const tokens: Token[] = []
    for (const token of state.tokens) {
      const last = tokens.at(-1)
      if (tabOf(token) === undefined) tokens.push(token)
      else if (last?.type === 'tab_group') last.children?.push(token)
      else {
        const group = new state.Token('tab_group', '', 0)
        group.children = [token]
        tokens.push(group)
      }
    }
    state.tokens = tokens
  })
  md.renderer.rules['tab_group'] = (tokens, index) => {
    const fences = tokens[index]?.children ?? []
    const id = `code-${index}`
    const tabs = fences.map((fence, at) => ({
      label: tabOf(fence) ?? '',
      html: fenceHtml(fence, `${id}-figure-${at}`),
    }))
    return tabGroup(id, tabs)
  }
  md.renderer.rules['fence'] = (tokens, index) => {
    const token = tokens[index]
    return token ? fenceHtml(token, `figure-${index}`) : ''
  }
}
