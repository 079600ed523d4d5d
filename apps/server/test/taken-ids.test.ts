import { expect, test } from 'vitest'
import { IdFilter } from '../src/journal/id-filter.js'
import type { CommandKey, StagingStatements } from '../src/journal/staging-statements.js'
import { TakenIds } from '../src/journal/taken-ids.js'
import { batch, receipt } from './journal-samples.js'

test('[IDEM1] the filter knows every id that it was given, and few others', () => {
  const filter = new IdFilter()
  const ids = Array.from(
    { length: 100_000 },
    (_, i) => `${i}-${(i * 2_654_435_761) % 4_294_967_296}`,
  )
  for (const id of ids) filter.add(id)
  expect(ids.every((id) => filter.mayHave(id))).toBe(true)
  const mistaken = ids.filter((id) => filter.mayHave(`new-${id}`))
  expect(mistaken.length).toBeLessThan(100)
})

/** Tables with these ids; `asked` are those that were looked up there. */
function tables(taken: Record<string, string[]>) {
  const asked: string[] = []
  const statements: Pick<StagingStatements, 'sessionIds' | 'idsOf' | 'taken'> = {
    sessionIds: () => Object.keys(taken),
    idsOf: (session_id, after, limit) =>
      (taken[session_id] ?? [])
        .toSorted()
        .filter((id) => id > after)
        .slice(0, limit),
    taken(keys) {
      asked.push(...keys.map(([, command_id]) => command_id))
      return keys.filter(([session_id, command_id]) => taken[session_id]?.includes(command_id))
    },
  }
  return { asked, ids: new TakenIds(statements as StagingStatements) }
}

test('[IDEM1] ids are looked up until all are known, then only those that may be taken', () => {
  const many = Array.from({ length: 5_000 }, (_, i) => `old-${i}`)
  const { asked, ids } = tables({ s: many, t: ['old-of-t'], empty: [] })
  const batches = (...command_ids: string[]) => [
    { ...batch('s', 0, 0), commits: [], receipts: command_ids.map((id) => receipt(0, id)) },
  ]
  const found: CommandKey[] = [['s', 'old-4999']]
  expect(ids.among(batches('new-1', 'old-4999'))).toEqual(found)
  expect(asked.splice(0)).toEqual(['new-1', 'old-4999'])
  let parts = 0
  while (ids.learn()) parts += 1
  expect(parts).toBeGreaterThan(2)
  expect(ids.among(batches('new-1', 'old-4999', 'new-2'))).toEqual(found)
  expect(asked.splice(0)).toEqual(['old-4999'])
  // Known, of another session.
  expect(ids.among(batches('old-of-t'))).toEqual([])
  expect(asked.splice(0)).toEqual(['old-of-t'])
  ids.add([{ command_id: 'new-1' }])
  expect(ids.among(batches('new-1', 'new-2'))).toEqual([])
  expect(asked).toEqual(['new-1'])
})
