import type { Options } from 'minisearch'

/** What is found: a page, or a part of one. */
export type Found = {
  /** Where it is, below the root of the site. */
  id: string
  title: string
  /** The page that it is a part of, or what the page is about. */
  of: string
  text: string
}

/** A name as it is written, its words, and the words inside these: `undo_command`, `undo`, `command`. */
function tokens(text: string): string[] {
  const names = text.split(/[^\p{L}\p{N}_:-]+/u).filter((name) => name !== '')
  return names.flatMap((name) => {
    const words = name.split(/[_:-]+/).filter((word) => word !== '')
    const parts = words.flatMap((word) => word.split(/(?<=\p{Ll})(?=\p{Lu})/u))
    return [...new Set([name, ...words, ...parts])]
  })
}

/** The same for what makes the index and for what asks it. */
export const SEARCH_OPTIONS: Options<Found> = {
  fields: ['title', 'of', 'text'],
  storeFields: ['title', 'of'],
  tokenize: tokens,
}
