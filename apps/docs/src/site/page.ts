export type NamedPart = { id: string; title: string; text: string }

/** A page before it is put into the frame that all share. */
export type SitePage = {
  /** Below the root of the site, with a slash at its end; the landing page is ''. */
  path: string
  title: string
  /** How it is called where there is little room. */
  short?: string
  /** One sentence, for lists, search and metadata. */
  description: string
  /** What it is, above its title: `Command`, `REST route`. */
  kind?: string
  /** HTML; internal links are those of `siteLink`. */
  body: string
  /** Parts of a page with a kind that are looked up by a name of their own. */
  parts?: readonly NamedPart[]
}

export type Heading = { depth: 2 | 3; id: string; text: string }

const ENTITIES: Record<string, string> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#x27;': "'",
  '&#39;': "'",
}

/** The text of a piece of our own HTML. */
export function textOf(html: string): string {
  return html
    .replaceAll(/<a class="anchor"[^>]*>.*?<\/a>/g, '')
    .replaceAll(/<(?:svg|button)[ >].*?<\/(?:svg|button)>/gs, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/&(?:amp|lt|gt|quot|#x27|#39);/g, (entity) => ENTITIES[entity] ?? entity)
    .replaceAll(/\s+/g, ' ')
    .trim()
}

/** The headings of a body that a list of its contents shows. */
export function headingsOf(body: string): Heading[] {
  return [...body.matchAll(/<h([23]) id="([^"]+)"[^>]*>(.*?)<\/h\1>/gs)].map(
    ([, depth, id = '', html = '']) => ({
      depth: depth === '2' ? 2 : 3,
      id,
      text: textOf(html),
    }),
  )
}

export type PagePart = { id: string | undefined; title: string | undefined; text: string }

/** The text of a body, cut at its headings: what search finds. */
export function partsOf(body: string): PagePart[] {
  const cuts = [...body.matchAll(/<h[23] id="([^"]+)"[^>]*>(.*?)<\/h[23]>/gs)]
  const first = { id: undefined, title: undefined, text: textOf(body.slice(0, cuts[0]?.index)) }
  const others = cuts.map((cut, index) => ({
    id: cut[1] ?? '',
    title: textOf(cut[2] ?? ''),
    text: textOf(body.slice(cut.index + cut[0].length, cuts[index + 1]?.index)),
  }))
  return [first, ...others]
}
