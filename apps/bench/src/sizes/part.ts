import type { Findings } from './findings.js'

export type PartOptions = {
  /** One short round each: shows that it works. */
  quick: boolean
  /** An hour of edits in the studio, in place of a minute. */
  long: boolean
  /** Entries of the long history. */
  entries: number
  /** Arguments of Node for the server. */
  nodeArgs: readonly string[]
  onProgress: (what: string) => void
}

/** One part of the size report. */
export type Part = { name: string; run: (options: PartOptions) => Promise<Findings> }
