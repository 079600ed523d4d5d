import type { Entry } from '@talus/protocol'
import { describe, expect, test, type TestContext } from 'vitest'
import { connect, rest, TalusError, type Session } from '../../src/index.js'
import { allEntries, replayed } from '../entries.js'
import { eventually } from '../eventually.js'
import { Random } from '../random.js'
import { make, type Call } from './calls.js'
import { isWithoutBrowser } from './chromium.js'
import { Stage } from './stage.js'
import { Writer } from './writer.js'

/** For longer and with others: `TALUS_BROWSER_MINUTES=20 TALUS_BROWSER_SEEDS=4,5,6`. */
const MINUTES = Number(process.env['TALUS_BROWSER_MINUTES'] ?? 1)
const SEEDS = (process.env['TALUS_BROWSER_SEEDS'] ?? '1,2').split(',').map(Number)
const IS_LONG = MINUTES > 1

/** Only ends what hangs. */
const HANGS_AFTER_MS = MINUTES * 60_000 * 3 + 300_000

const stage = new Stage()

/** Two people at two computers; or, with an odd seed, one at two tabs with one store. */
async function enter(
  seed: number,
  session: string,
  onEnd: TestContext['onTestFinished'],
): Promise<Writer[]> {
  const isOne = seed % 2 === 1
  const one = await stage.computer(onEnd)
  const computers = [one, isOne ? one : await stage.computer(onEnd)] as const
  const writers = await Promise.all(
    computers.map(async (computer, index) => {
      const name = ['ada', 'bob'][index] ?? ''
      const actor = isOne ? 'ada' : name
      const page = `${stage.origin}/`
      const writer = await Writer.enter(name, { computer, page, server: stage.url, session, actor })
      onEnd(() => writer[Symbol.asyncDispose]())
      return writer
    }),
  )
  if (isOne) Writer.sideBySide(writers)
  return writers
}

/** What an actor called and nobody heard of was executed before, and changed nothing. */
async function isKnown(auditor: Session, commandId: string, call: Call): Promise<boolean> {
  try {
    return (await make(auditor, commandId, call)).duplicate === true
  } catch (error) {
    if (error instanceof TalusError) return false
    throw error
  }
}

/** Every call was executed once, or told as refused, or had nothing to change. */
async function audit(writer: Writer, entries: readonly Entry[], id: string): Promise<string[]> {
  const client = connect(stage.url, { actor: writer.actor })
  using _ = { [Symbol.dispose]: () => client.close() }
  const auditor = await client.join(id)
  const executed = new Map<string, number>()
  for (const { command_id } of entries) {
    executed.set(command_id, (executed.get(command_id) ?? 0) + 1)
  }
  const wrong: string[] = []
  let calls = 0
  for (const [commandId, known] of await writer.tab.outcomes()) {
    if (!commandId.startsWith(`${writer.name}-`)) continue
    calls += 1
    const times = executed.get(commandId) ?? 0
    const isRefused = known.some((what) => what.startsWith('rejected'))
    const isVoid = known.includes('changed nothing')
    let sum = times + Number(isRefused) + Number(isVoid)
    const call = known.find((what) => /^[{"]/.test(what)) ?? ''
    if (sum === 0 && (await isKnown(auditor, commandId, JSON.parse(call) as Call))) sum = 1
    if (sum !== 1) wrong.push(`${commandId} was executed ${times} times; ${known.join(', ')}`)
  }
  if (calls !== writer.calls) wrong.push(`${writer.calls} calls, of which ${calls} are known`)
  return wrong
}

describe.skipIf(isWithoutBrowser())('two writers, to whose pages everything happens', () => {
  stage.set()

  test.concurrent.for(SEEDS)(
    'seed %i: nothing is lost or doubled, and the pages are equal in the end',
    { timeout: HANGS_AFTER_MS },
    async (seed, { onTestFinished }) => {
      const session = `random-${seed}`
      const writers = await enter(seed, session, onTestFinished)
      const random = new Random(seed)
      const until = Date.now() + MINUTES * 60_000
      while (Date.now() < until) await random.one(writers).step(random)
      await Promise.all(writers.map((writer) => writer.settle()))

      const entries = await allEntries(stage.url, session)
      const expected = replayed(entries)
      const { nodes } = await rest(stage.url).getGraph({ session_id: session })
      expect(nodes).toEqual(expected)
      for (const writer of writers) {
        const { tab, name, counts } = writer
        await tab.hasSeq(entries.length)
        expect(await tab.graph()).toEqual(expected)
        await eventually(async () => expect(await tab.stored()).toEqual([]))
        expect(await audit(writer, entries, session)).toEqual([])
        expect(writer.troubles).toEqual([])
        if (IS_LONG) {
          console.log(`seed ${seed}, ${name}: ${writer.calls} calls, ${JSON.stringify(counts)}`)
        }
      }
    },
  )
})
