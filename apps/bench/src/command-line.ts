import { parseArgs } from 'node:util'
import { CASES, type CaseName } from './cases.js'

export const USAGE = `pnpm bench [options]
  --quick        one short round each: shows that it works, measures little
  --case NAME    only this case (${CASES.map(({ name }) => name).join(', ')}); may be repeated
  --json FILE    write every round to FILE
  --save         write results/latest.md
  --profile DIR  write CPU profiles of the Talus server to DIR (they slow it down)
  --limit        measure how much the load generator can take, and nothing else
  --help         print this`

export type CommandLine = {
  cases: CaseName[]
  quick: boolean
  save: boolean
  limit: boolean
  help: boolean
  json?: string
  profile?: string
}

function caseNamed(name: string): CaseName {
  const found = CASES.find((subject) => subject.name === name)
  if (!found) throw new Error(`No case '${name}'\n\n${USAGE}`)
  return found.name
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
      limit: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const { case: named, json, profile, quick, save, limit, help } = values
  return {
    cases: named.length > 0 ? named.map(caseNamed) : CASES.map(({ name }) => name),
    quick,
    save,
    limit,
    help,
    ...(json === undefined ? {} : { json }),
    ...(profile === undefined ? {} : { profile }),
  }
}
