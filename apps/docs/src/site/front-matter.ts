import { parse } from 'yaml'
import type { PageSource } from './sources.js'

const FRONT_MATTER = /^---\n(.*?)\n---\n(.*)$/s

/** Reads a page; `place` is its path below `pages/`, without `.md`. Throws when something is missing. */
export function parsePage(place: string, file: string): PageSource {
  const [section, slug, ...deeper] = place.split('/')
  const match = FRONT_MATTER.exec(file.replaceAll('\r\n', '\n'))
  if (!match || !section || !slug || deeper.length > 0) {
    throw new Error(`pages/${place}.md is no page of a section with front matter`)
  }
  const { title, description, order } = parse(match[1] ?? '') as Record<string, unknown>
  if (typeof title !== 'string' || typeof description !== 'string' || typeof order !== 'number') {
    throw new Error(`pages/${place}.md needs title, description and order`)
  }
  return { section, slug, title, description, order, text: match[2] ?? '' }
}
