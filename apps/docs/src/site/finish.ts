/** The way from one place to another, as a relative link. */
export function relativeTo(from: string, to: string): string {
  const [path = '', fragment] = to.split('#')
  const hash = fragment === undefined ? '' : `#${fragment}`
  if (path === from) return hash === '' ? './' : hash
  const up = '../'.repeat(from.split('/').length - 1)
  return `${up}${path}${hash}` || './'
}

const LINK = /(?<=\s(?:href|src)=")site:\/([^"]*)(?=")/g

/** The same page with relative links, so that the site works wherever it lies. */
export function withRelativeLinks(html: string, path: string): string {
  return html.replaceAll(LINK, (_, place: string) => relativeTo(path, place))
}

/** Every place that a page links to, with those inside itself. */
export function linksIn(html: string, path: string): string[] {
  const inside = [...html.matchAll(/\shref="(#[^"]+)"/g)].map(([, hash]) => path + hash)
  return [...html.matchAll(LINK)].map(([, place = '']) => place).concat(inside)
}

const idsIn = (html: string) => new Set([...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id))

/**
 * Throws when a link leads to no file of the site, or to no part of its page. Pages come by their
 * path, with links that are not relative yet.
 */
export function checkLinks(pages: ReadonlyMap<string, string>, files: ReadonlySet<string>): void {
  const ids = new Map([...pages].map(([path, html]) => [path, idsIn(html)]))
  const broken = [...pages].flatMap(([path, html]) =>
    linksIn(html, path)
      .filter((link) => {
        const [place = '', fragment] = link.split('#')
        const isThere = pages.has(place) || files.has(place)
        return (
          !isThere || (fragment !== undefined && ids.get(place)?.has(decode(fragment)) !== true)
        )
      })
      .map((link) => `${path}: ${link}`),
  )
  if (broken.length > 0) throw new Error(`Links that lead nowhere:\n${broken.join('\n')}`)
}

/** What an attribute says. */
const decode = (fragment: string) => decodeURIComponent(fragment).replaceAll('&amp;', '&')
