import { describe, expect, test } from 'vitest'
import { wholeText } from '../src/journal/entry-text.js'
import type { Journal } from '../src/journal/journal.js'
import { batch, bodies, commit, receipt, session } from './journal-samples.js'
import type { OpenJournal } from './journal-suite.js'

export function appendSuite(open: OpenJournal): void {
  describe('append', () => {
    test('entries come back in order, also after a reopen', async () => {
      await using opened = await open()
      await opened.journal.createSession(session('s'))
      expect(await opened.journal.append([batch('s', 0, 3)])).toEqual([{ ok: true }])
      expect(await opened.journal.append([batch('s', 3, 2)])).toEqual([{ ok: true }])
      const journal = await opened.reopen()
      expect(await journal.entriesAfter('s', 0, 100)).toEqual(bodies(1, 5))
      expect(await journal.append([batch('s', 5)])).toEqual([{ ok: true }])
    })

    // Around the sizes of the statements that a group is written with.
    test.each([0, 1, 7, 8, 9, 63, 64, 65, 500, 1500])('a batch of %i commits', async (count) => {
      await using opened = await open()
      const { journal } = opened
      await journal.createSession(session('s'))
      expect(await journal.append([batch('s', 0, count)])).toEqual([{ ok: true }])
      expect(await journal.entriesAfter('s', 0, 10_000)).toEqual(bodies(1, count))
    })

    test('an entry of a megabyte', async () => {
      await using opened = await open()
      const { journal } = opened
      await journal.createSession(session('s'))
      const body = JSON.stringify('é'.repeat(1 << 20))
      await journal.append([{ ...batch('s', 0), commits: [{ ...commit(1), body }] }])
      expect((await journal.entriesAfter('s', 0, 1)).map(wholeText)).toEqual([body])
    })

    test('no batches, no outcomes', async () => {
      await using opened = await open()
      const { journal } = opened
      expect(await journal.append([])).toEqual([])
    })

    test('each batch stands or falls alone', async () => {
      await using opened = await open()
      for (const id of ['a', 'b', 'c', 'd']) await opened.journal.createSession(session(id))
      await opened.journal.append([batch('b', 0, 2), batch('c', 0, 1)])
      const repeated = { ...batch('c', 1, 3), commits: [commit(2), commit(3, 'c1'), commit(4)] }
      expect(
        await opened.journal.append([
          batch('a', 0, 2),
          batch('b', 0, 2),
          repeated,
          batch('nobody', 0),
          batch('d', 0, 100),
        ]),
      ).toEqual([
        { ok: true },
        { ok: false, reason: 'conflict' },
        { ok: false, reason: 'duplicate', command_ids: ['c1'] },
        { ok: false, reason: 'unknown-session' },
        { ok: true },
      ])
      const journal = await opened.reopen()
      const lengths = (await journal.listSessions()).map(({ session_id, seq }) => [session_id, seq])
      expect(lengths).toEqual([
        ['a', 2],
        ['b', 2],
        ['c', 1],
        ['d', 100],
      ])
      expect(await journal.findCommand('c', 'c2')).toBeUndefined()
    })

    test.each([0, 1, 3])('a base_seq of %i where the journal is at 2 conflicts', async (base) => {
      await using opened = await open()
      const { journal } = opened
      await journal.createSession(session('s'))
      await journal.append([batch('s', 0, 2)])
      const conflict = [{ ok: false, reason: 'conflict' }]
      expect(await journal.append([batch('s', base)])).toEqual(conflict)
      const receipts = [receipt(base, 'r')]
      expect(await journal.append([{ ...batch('s', base, 0), receipts }])).toEqual(conflict)
      expect(await journal.entriesAfter('s', 0, 10)).toEqual(bodies(1, 2))
      expect(await journal.findCommand('s', 'r')).toBeUndefined()
    })

    test('two batches of one session in one append follow each other', async () => {
      await using opened = await open()
      const { journal } = opened
      await journal.createSession(session('s'))
      expect(await journal.append([batch('s', 0, 2), batch('s', 0, 2), batch('s', 2, 2)])).toEqual([
        { ok: true },
        { ok: false, reason: 'conflict' },
        { ok: true },
      ])
      expect(await journal.entriesAfter('s', 0, 10)).toEqual(bodies(1, 4))
    })

    test('seqs that do not follow base_seq are a bug, and nothing is written', async () => {
      await using opened = await open()
      const { journal } = opened
      await journal.createSession(session('a'))
      await journal.createSession(session('s'))
      for (const commits of [[commit(2)], [commit(1), commit(1, 'x')], [commit(1), commit(3)]]) {
        const wrong = { session_id: 's', base_seq: 0, commits, receipts: [] }
        await expect(journal.append([batch('a', 0), wrong])).rejects.toThrow(RangeError)
      }
      expect((await journal.listSessions()).map(({ seq }) => seq)).toEqual([0, 0])
    })
  })

  describe('duplicates', () => {
    async function withBoth(journal: Journal) {
      await journal.createSession(session('s'))
      await journal.createSession(session('other'))
      await journal.append([{ ...batch('s', 0, 2), receipts: [receipt(2, 'r1')] }])
    }

    test.each([
      ['an entry against an entry', [commit(3, 'c1')], [], ['c1']],
      ['an entry against a receipt', [commit(3, 'r1')], [], ['r1']],
      ['a receipt against an entry', [], [receipt(2, 'c2')], ['c2']],
      ['a receipt against a receipt', [], [receipt(2, 'r1')], ['r1']],
      ['twice in the batch', [commit(3, 'x'), commit(4, 'x')], [], ['x']],
      ['both kinds in the batch', [commit(3, 'x')], [receipt(3, 'x')], ['x']],
      ['all of them are listed', [commit(3, 'c2'), commit(4)], [receipt(4, 'r1')], ['c2', 'r1']],
    ])('%s', async (_, commits, receipts, command_ids) => {
      await using opened = await open()
      const { journal } = opened
      await withBoth(journal)
      const [outcome] = await journal.append([{ session_id: 's', base_seq: 2, commits, receipts }])
      expect(outcome).toEqual({ ok: false, reason: 'duplicate', command_ids: expect.anything() })
      const listed = outcome && 'command_ids' in outcome ? outcome.command_ids : []
      expect(listed.toSorted()).toEqual(command_ids)
      const loaded = await journal.loadSession('s')
      expect(loaded?.entries).toEqual(bodies(1, 2))
      expect(loaded?.receipts).toEqual([receipt(2, 'r1')])
    })

    test('command ids of another session are free', async () => {
      await using opened = await open()
      const { journal } = opened
      await withBoth(journal)
      expect(await journal.append([batch('other', 0, 2)])).toEqual([{ ok: true }])
    })

    test('one among 500 is found', async () => {
      await using opened = await open()
      const { journal } = opened
      await withBoth(journal)
      const wrong = batch('s', 2, 500)
      wrong.commits[321] = commit(2 + 322, 'r1')
      expect(await journal.append([wrong])).toEqual([
        { ok: false, reason: 'duplicate', command_ids: ['r1'] },
      ])
    })
  })
}
