import { readFileSync, writeFileSync } from 'node:fs'
import { costTable } from '../dist/limits/costs.js'

const FILE = new URL('../../../SECURITY.md', import.meta.url)
const BEGIN =
  '<!-- What requests cost: written by `pnpm generate` from apps/server/src/limits/costs.ts -->'
const END = '<!-- The end of what is generated -->'

const text = readFileSync(FILE, 'utf8')
const [before, rest] = text.split(BEGIN)
const [, after] = rest?.split(END) ?? []
if (after === undefined) throw new Error('SECURITY.md has no place for what requests cost')
writeFileSync(FILE, `${before}${BEGIN}\n\n${costTable()}\n\n${END}${after}`)
