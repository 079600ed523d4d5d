import type { ReactElement } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { anchor } from './markdown/blocks.js'

export const render = (element: ReactElement) => renderToStaticMarkup(element)

/** HTML that this program has made itself. */
export function Html({ html, as: Tag = 'div' }: { html: string; as?: 'div' | 'span' | 'p' }) {
  return <Tag dangerouslySetInnerHTML={{ __html: html }} />
}

/** A heading with a link to itself. */
export function Heading({ level, id, text }: { level: 2 | 3; id: string; text: string }) {
  const Tag = `h${level}` as const
  const html = `${text} ${anchor(id, text)}`
  return <Tag id={id} dangerouslySetInnerHTML={{ __html: html }} />
}
