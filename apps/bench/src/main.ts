import { mkdir, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { CASES, QUICK } from './cases.js'
import { commandLine, USAGE, type CommandLine } from './command-line.js'
import { DATA_ROOT, talusExists } from './contenders.js'
import { generatorLimit } from './generator-limit.js'
import { goalsOf } from './goals.js'
import { describeMachine } from './machine.js'
import { measure, type Measurement } from './measure.js'
import { pinGenerator } from './pinning.js'
import { goalList, table } from './report.js'
import type { Findings } from './sizes/findings.js'
import { sizeReport } from './sizes/size-report.js'

const RESULTS = new URL('../results/', import.meta.url)

/** What a run gave: as text for people, and in full. */
type Results = { file: string; text: string; raw: object }

async function showLimit(): Promise<void> {
  for (const commandsPerWrite of [1, 16]) {
    const { eventsPerSecond, generatorShare } = await generatorLimit(commandsPerWrite)
    const events = Math.round(eventsPerSecond).toLocaleString('en')
    const busy = Math.round(100 * generatorShare)
    console.log(
      `${commandsPerWrite} commands a write: ${events} events/s, generator ${busy} % busy`,
    )
  }
}

function nodeArgsOf({ profile }: CommandLine): string[] {
  return profile ? ['--cpu-prof', '--cpu-prof-dir', resolve(profile)] : []
}

function onProgress(what: string): void {
  console.error(what)
}

async function measureCases(options: CommandLine): Promise<Results> {
  if (!talusExists())
    console.error('The Talus server is not built; measuring plain Socket.IO only.')
  const { cases, quick } = options
  const nodeArgs = nodeArgsOf(options)
  const measurements: Measurement[] = []
  for (const subject of CASES.filter(({ name }) => cases.includes(name))) {
    const timing = quick ? QUICK : subject.timing
    const settings = { timing, preheat: !quick, nodeArgs, onRound: onProgress }
    measurements.push(await measure(subject, settings))
  }
  const goals = goalsOf(measurements)
  const text = `${table(measurements)}\n\n${goalList(goals)}`
  return { file: 'latest.md', text, raw: { measurements, goals } }
}

async function measureSizes(options: CommandLine): Promise<Results> {
  const { parts, quick, long, entries } = options
  const nodeArgs = nodeArgsOf(options)
  const findings: Findings[] = []
  for (const part of parts) {
    findings.push(await part.run({ quick, long, entries, nodeArgs, onProgress }))
  }
  const [only, another] = parts
  const file = only && !another ? `${only.name}.md` : 'sizes.md'
  return { file, text: sizeReport(findings), raw: { findings } }
}

async function main(): Promise<void> {
  const options = commandLine(process.argv.slice(2))
  if (options.help) return console.log(USAGE)
  pinGenerator()
  // Each server ends with this process.
  process.setMaxListeners(50)
  // An exit of its own kind takes the servers along.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
  if (options.limit) return showLimit()
  const machine = describeMachine(DATA_ROOT)
  const { file, text, raw } = await (options.sizes ? measureSizes(options) : measureCases(options))
  const results = `${machine.map((line) => `- ${line}`).join('\n')}\n\n${text}`
  console.log(`\n${results}`)
  if (options.json) {
    await writeFile(options.json, JSON.stringify({ machine, ...raw }, null, 2))
  }
  if (options.save) {
    await mkdir(RESULTS, { recursive: true })
    const heading = `# Results of ${new Date().toISOString().slice(0, 10)}`
    await writeFile(new URL(file, RESULTS), `${heading}\n\n${results}\n`)
  }
}

await main()
