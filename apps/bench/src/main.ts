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

const LATEST = new URL('../results/latest.md', import.meta.url)

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

async function measureAll({ cases, quick, profile }: CommandLine): Promise<Measurement[]> {
  const nodeArgs = profile ? ['--cpu-prof', '--cpu-prof-dir', resolve(profile)] : []
  const measurements: Measurement[] = []
  for (const subject of CASES.filter(({ name }) => cases.includes(name))) {
    const timing = quick ? QUICK : subject.timing
    const onRound = (what: string) => console.error(what)
    measurements.push(await measure(subject, { timing, preheat: !quick, nodeArgs, onRound }))
  }
  return measurements
}

async function main(): Promise<void> {
  const options = commandLine(process.argv.slice(2))
  if (options.help) return console.log(USAGE)
  pinGenerator()
  // An exit of its own kind takes the servers along.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
  if (options.limit) return showLimit()
  if (!talusExists())
    console.error('The Talus server is not built; measuring plain Socket.IO only.')
  const machine = describeMachine(DATA_ROOT)
  const measurements = await measureAll(options)
  const goals = goalsOf(measurements)
  const results = [
    machine.map((line) => `- ${line}`).join('\n'),
    table(measurements),
    goalList(goals),
  ].join('\n\n')
  console.log(`\n${results}`)
  if (options.json) {
    await writeFile(options.json, JSON.stringify({ machine, measurements, goals }, null, 2))
  }
  if (options.save) {
    await mkdir(new URL('.', LATEST), { recursive: true })
    await writeFile(LATEST, `# Results of ${new Date().toISOString().slice(0, 10)}\n\n${results}\n`)
  }
}

await main()
