import type { ResolveLink } from './markdown/markdown.js'
import { placeOf, siteLink, type Places } from './places.js'

/** Files that texts of the protocol refer to, and where they stand in the site. */
const FILES: Record<string, string> = {
  'contract.json': `${placeOf.downloads}contract.json`,
  'PROTOCOL.md': placeOf.protocol,
  'ACCESS.md': placeOf.access,
}

/** `concepts/undo/` is made from `concepts/undo.md`, which its links start from. */
function ofPage(href: string, path: string): string | undefined {
  const source = new URL(path.replace(/\/$/, '.md'), 'https://site/')
  const { pathname, hash } = new URL(href, source)
  const place = /^\/([^/]+\/[^/]+)\.md$/.exec(pathname)?.[1]
  return place === undefined ? undefined : `${place}/${hash}`
}

/** Where the links of texts lead. Throws for what leads nowhere. */
export function linksOfTexts(places: Places): ResolveLink {
  return (href, path) => {
    if (/^(?:https?:|mailto:|site:|#)/.test(href)) return href
    if (href.startsWith('talus:')) {
      const [reference = '', fragment] = href.slice('talus:'.length).split('#')
      const place = places.named(reference)
      return siteLink(fragment === undefined ? place : `${place}#${fragment}`)
    }
    const place = FILES[href] ?? ofPage(href, path)
    if (place === undefined) throw new Error(`${path}: the link ${href} leads nowhere`)
    return siteLink(place)
  }
}
