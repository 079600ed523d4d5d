import type { Contract } from '../contract.js'

/** A Markdown page with its front matter, by its place below `pages/`: `guides/secure`. */
export type PageSource = {
  section: string
  slug: string
  title: string
  description: string
  order: number
  text: string
}

/** A change log of a published package. */
export type ChangeLog = { name: string; text: string }

/** A file that is taken over as it is. */
export type Asset = { name: string; content: string }

/** Everything that the site is made from. */
export type Sources = {
  contract: Contract
  /** `contract.json` as it is. */
  contractText: string
  protocolText: string
  accessText: string
  flowsText: string
  pages: readonly PageSource[]
  changeLogs: readonly ChangeLog[]
  /** The specifications, by their path below `spec/`. */
  specifications: ReadonlyMap<string, string>
  /** Scripts and styles, as they were built for browsers. */
  assets: readonly Asset[]
}
