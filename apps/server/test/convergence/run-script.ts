import { join } from 'node:path'
import { ProjectGraph } from '@talus/graph'
import { expect } from 'vitest'
import { verifyFile } from '../../src/commands/verify.js'
import { expectAccounts } from './accounts.js'
import { expectHeard } from './heard.js'
import { openHouse } from './house.js'
import { expectReversals } from './reversals.js'
import type { Script } from './script.js'
import { World } from './world.js'

/**
 * The journal, replayed onto nothing, is the graph; and it holds what everybody was told. Gives the
 * number of its entries.
 */
async function expectJournal(world: World): Promise<number> {
  const entries = await world.entries()
  const { seq, nodes } = await world.graph()
  const replayed = ProjectGraph.empty()
  for (const { changes } of entries) replayed.apply(changes)
  expect({ seq: entries.length, nodes: replayed.nodes() }).toEqual({ seq, nodes })
  expectAccounts(world.ledger, entries, world.firstSeq)
  expectReversals(world.ledger, entries)
  return entries.length
}

/** What is on disk is whole, and a server that starts with it shows the same. */
async function expectStored(world: World): Promise<void> {
  const before = await world.graph()
  await world.house.stop('SIGTERM')
  const verdict = verifyFile(join(world.house.dataDir, 'talus.db'))
  expect(verdict).toMatchObject({ ok: true, database: [] })
  await world.house.start()
  expect(await world.graph()).toEqual(before)
  await world.house.stop('SIGTERM')
}

/**
 * Plays a script on a real server and holds everything that came of it against the rules. Gives the
 * number of commits.
 */
export async function runScript(script: Script): Promise<number> {
  await using house = await openHouse(script)
  const world = new World(script, house)
  await world.play()
  expectHeard(world.listeners, world.observers)
  const commits = await expectJournal(world)
  await expectStored(world)
  return commits
}
