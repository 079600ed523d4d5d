import type { Contract } from '../contract.js'
import type { Markdown } from './markdown/markdown.js'
import type { Places } from './places.js'
import type { Rule } from './reference/rules.js'
import type { SchemaNames } from './reference/schema-names.js'
import type { Shapes } from './reference/shape.js'

/** What the pages are made from. */
export type SiteContext = {
  contract: Contract
  places: Places
  markdown: Markdown
  names: SchemaNames
  shapes: Shapes
  rules: Rule[]
}
