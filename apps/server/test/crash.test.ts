import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { launchOn, type ServerProcess } from './server-process.js'
import { countNodes, execute, history, openSession, Traffic } from './traffic.js'

/** A server of its own each. `pnpm test:long` has all of them. */
const ROUNDS = process.env['TALUS_MATRIX'] === 'whole' ? 50 : 5

async function withData(run: (dataDir: string) => Promise<void>): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'talus-crash-'))
  await run(dataDir)
  await rm(dataDir, { recursive: true })
}

/** Three clients load a server until so many more commands are acknowledged; then the signal. */
async function interrupt(
  server: ServerProcess & { url: string },
  traffic: Traffic,
  { round, more, signal }: { round: number; more: number; signal: NodeJS.Signals },
) {
  const reached = traffic.reaches(traffic.acknowledged.size + more)
  const clients = [
    await traffic.bySocket(server.url, `one-${round}`),
    await traffic.bySocket(server.url, `two-${round}`),
  ]
  const rest = traffic.byRest(server.url, `rest-${round}`)
  await reached
  server.kill(signal)
  const ended = await server.ended
  await rest
  for (const client of clients) client.socket.disconnect()
  return ended
}

/** The seq of every command in the history after `known`, which goes on without a gap. */
async function readOn(url: string, known: ReadonlyMap<string, number>) {
  const entries = await history(url, known.size)
  expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, i) => known.size + i + 1))
  const placed = new Map([...known, ...entries.map((e) => [e.command_id, e.seq] as const)])
  // One id twice would have fallen together.
  expect(placed.size).toBe(known.size + entries.length)
  return placed
}

/** The history holds what was acknowledged, in its place, and nothing that nobody sent. */
async function expectHistory(
  url: string,
  traffic: Traffic,
  known: ReadonlyMap<string, number> = new Map(),
): Promise<Map<string, number>> {
  const placed = await readOn(url, known)
  const misplaced = [...traffic.acknowledged].filter(([id, seq]) => placed.get(id) !== seq)
  expect(misplaced).toEqual([])
  expect([...placed.keys()].filter((id) => !traffic.sent.has(id))).toEqual([])
  expect(await countNodes(url)).toBe(placed.size)
  return placed
}

/** Sends again what was not answered: what was executed is told so, the rest is executed now. */
async function retry(url: string, traffic: Traffic, executed: ReadonlyMap<string, number>) {
  for (const command_id of traffic.unanswered) {
    const ack = await execute(url, command_id)
    expect(ack).toMatchObject({ ok: true, command_id })
    expect(ack.ok && ack.duplicate === true).toBe(executed.has(command_id))
    if (ack.ok) traffic.acknowledged.set(command_id, ack.seq)
  }
}

/** One life of a server: looks at what the one before left, then dies under load. */
async function live(
  dataDir: string,
  traffic: Traffic,
  { round, known }: { round: number; known: ReadonlyMap<string, number> },
) {
  await using server = await launchOn(dataDir)
  await openSession(server.url)
  const executed = await expectHistory(server.url, traffic, known)
  await retry(server.url, traffic, executed)
  const all = await expectHistory(server.url, traffic, executed)
  expect(new Set(all.keys())).toEqual(traffic.sent)
  // Different rounds stop at different moments of a group.
  const more = 20 + ((37 * round) % 100)
  const ended = await interrupt(server, traffic, { round, more, signal: 'SIGKILL' })
  expect(ended.signal).toBe('SIGKILL')
  return all
}

test(
  `[CMD3] [CMD5] [IDEM1] after ${ROUNDS} kills under load nothing acknowledged is missing`,
  { timeout: 600_000 },
  () =>
    withData(async (dataDir) => {
      const traffic = new Traffic(16)
      let known: ReadonlyMap<string, number> = new Map()
      for (let round = 0; round < ROUNDS; round += 1) {
        known = await live(dataDir, traffic, { round, known })
      }
      await using server = await launchOn(dataDir)
      // From the beginning: what earlier rounds saw has to be where they saw it.
      const all = await expectHistory(server.url, traffic)
      for (const [command_id, seq] of known) expect(all.get(command_id)).toBe(seq)
    }),
)

test.each([16, 200])(
  '[CMD3] on SIGTERM under the load of 3 × %i commands acknowledgements drain, and the exit code is 0',
  { timeout: 600_000 },
  (inFlight) =>
    withData(async (dataDir) => {
      const traffic = new Traffic(inFlight)
      await using server = await launchOn(dataDir)
      await openSession(server.url)
      const ended = await interrupt(server, traffic, {
        round: 0,
        more: 20 * inFlight,
        signal: 'SIGTERM',
      })
      expect(ended).toMatchObject({ code: 0, signal: null })
      await using restarted = await launchOn(dataDir)
      const executed = await expectHistory(restarted.url, traffic)
      expect([...executed.keys()].filter((id) => !traffic.acknowledged.has(id))).toEqual([])
    }),
)
