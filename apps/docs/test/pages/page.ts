import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

/** A piece of code in a page, and what its first line says of it. */
export type Fence = {
  language: string
  /** `run`, `title="server.ts"`: a name without a value is ''. */
  attributes: ReadonlyMap<string, string>
  code: string
  /** The line of the page that its code begins at, from 1. */
  line: number
}

export type Page = {
  /** `start/install`. */
  name: string
  front: { title: string; description: string; order: number }
  text: string
  fences: Fence[]
}

export const PAGES = fileURLToPath(new URL('../../pages/', import.meta.url))

const ATTRIBUTE = /([a-z]+)(?:="([^"]*)")?/g

function attributesOf(text: string): Map<string, string> {
  return new Map([...text.matchAll(ATTRIBUTE)].map(([, name = '', value = '']) => [name, value]))
}

/** Throws when a fence does not end, or stands where the site would not see it. */
function fencesOf(lines: readonly string[]): Fence[] {
  const fences: Fence[] = []
  let open: { mark: string; fence: Fence; code: string[] } | undefined
  for (const [index, line] of lines.entries()) {
    const [, indent = '', mark = '', language = '', rest = ''] =
      /^(\s*)(`{3,})(\w*) ?(.*)$/.exec(line) ?? []
    if (open) {
      if (line === open.mark) {
        fences.push({ ...open.fence, code: open.code.join('\n') })
        open = undefined
      } else open.code.push(line)
    } else if (mark !== '') {
      if (indent !== '') throw new Error(`line ${index + 1}: a fence begins the line`)
      const fence = { language, attributes: attributesOf(rest), code: '', line: index + 2 }
      open = { mark, fence, code: [] }
    }
  }
  if (open) throw new Error(`line ${open.fence.line}: the fence does not end`)
  return fences
}

function readPage(name: string): Page {
  const text = readFileSync(`${PAGES}${name}.md`, 'utf8')
  const [, front = ''] = /^---\n(.*?)\n---\n/s.exec(text) ?? []
  return { name, front: parse(front), text, fences: fencesOf(text.split('\n')) }
}

/** All pages, in the order of their files. */
export const pages: readonly Page[] = readdirSync(PAGES, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.md'))
  .map((file) => readPage(file.replaceAll('\\', '/').slice(0, -'.md'.length)))
  .toSorted((a, b) => a.name.localeCompare(b.name))

export function placeOf({ name }: Page, { line }: Fence): string {
  return `pages/${name}.md:${line}`
}
