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

/** A member of a type or class of the SDK; `line` is its declaration, `type` what follows its name. */
export type SdkMember = {
  name: string
  code: string
  line: string
  type: string
  isOptional: boolean
  docs: string
}

/** A public name of the SDK, as `packages/client/scripts/api-reference.mjs` describes it. */
export type SdkName = {
  name: string
  kind: 'class' | 'interface' | 'type' | 'function'
  /** Exported as a type only. */
  isType: boolean
  docs: string
  signatures: readonly { code: string; docs: string }[]
  members: readonly SdkMember[]
  /** Types that the signatures need and nobody exports, as code. */
  where: string
  /** Other public names that the signatures mention. */
  own: readonly string[]
  foreign: readonly { from: string; names: readonly string[] }[]
  /** Public types of its parameters. */
  parameters: readonly string[]
}

export type SdkEntry = { specifier: string; names: readonly SdkName[] }

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
  /** The entry points of the SDK. */
  sdk: readonly SdkEntry[]
  /** The specifications, by their path below `spec/`. */
  specifications: ReadonlyMap<string, string>
  /** Scripts and styles, as they were built for browsers. */
  assets: readonly Asset[]
}
