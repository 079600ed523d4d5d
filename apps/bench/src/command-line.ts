import { parseArgs } from 'node:util'
import { CASES, type CaseName } from './cases.js'
import type { Part } from './sizes/part.js'
import { PARTS } from './sizes/parts.js'

/** Long enough to show what grows with a history, and made in a minute or so. */
const ENTRIES = 200_000
const QUICK_ENTRIES = 5_000

export const USAGE = `pnpm bench [options]
  --quick        one short round each: shows that it works, measures little
  --case NAME    only this case (${CASES.map(({ name }) => name).join(', ')}); may be repeated
  --json FILE    write every round to FILE
  --save         write results/latest.md, results/sizes.md, or that of the only part
  --profile DIR  write CPU profiles of the Talus server to DIR (they slow it down)
  --sizes        measure large graphs, long histories, memory, blocking and the SDK instead of the cases
  --part NAME    only this part of --sizes (${PARTS.map(({ name }) => name).join(', ')}); may be repeated
  --entries N    entries of the long history of --sizes (default ${ENTRIES.toLocaleString('en')}; the goal means 1,000,000)
  --long         let the part studio be edited for an hour, to see whether its memory grows
  --limit        measure how much the load generator can take, and nothing else
  --help         print this`

export type CommandLine = {
  cases: CaseName[]
  quick: boolean
  save: boolean
  limit: boolean
  help: boolean
  sizes: boolean
  parts: readonly Part[]
  entries: number
  long: boolean
  json?: string
  profile?: string
}

function caseNamed(name: string): CaseName {
  const found = CASES.find((subject) => subject.name === name)
  if (!found) throw new Error(`No case '${name}'\n\n${USAGE}`)
  return found.name
}

function partNamed(name: string): Part {
  const found = PARTS.find((part) => part.name === name)
  if (!found) throw new Error(`No part '${name}'\n\n${USAGE}`)
  return found
}

function entriesOf(text: string | undefined, quick: boolean): number {
  if (text === undefined) return quick ? QUICK_ENTRIES : ENTRIES
  const entries = Number(text)
  if (!Number.isInteger(entries) || entries < 1) throw new Error(`--entries ${text}\n\n${USAGE}`)
  return entries
}

/** Reads the arguments; throws with the usage for what it does not know. */
export function commandLine(args: string[]): CommandLine {
  // `pnpm bench -- --quick` hands the separator on as well.
  const { values } = parseArgs({
    args: args[0] === '--' ? args.slice(1) : args,
    options: {
      quick: { type: 'boolean', default: false },
      case: { type: 'string', multiple: true, default: [] },
      json: { type: 'string' },
      save: { type: 'boolean', default: false },
      profile: { type: 'string' },
      sizes: { type: 'boolean', default: false },
      part: { type: 'string', multiple: true, default: [] },
      entries: { type: 'string' },
      long: { type: 'boolean', default: false },
      limit: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const {
    case: named,
    part,
    entries,
    json,
    profile,
    quick,
    save,
    sizes,
    limit,
    long,
    help,
  } = values
  return {
    cases: named.length > 0 ? named.map(caseNamed) : CASES.map(({ name }) => name),
    quick,
    save,
    limit,
    help,
    sizes,
    long,
    parts: part.length > 0 ? part.map(partNamed) : PARTS,
    entries: entriesOf(entries, quick),
    ...(json === undefined ? {} : { json }),
    ...(profile === undefined ? {} : { profile }),
  }
}
