import { describe, expect, test } from 'vitest'
import type { Journal } from '../src/journal/index.js'
import { batch, bodies, commit, receipt, session } from './journal-samples.js'
import type { OpenJournal } from './journal-suite.js'

/** Ten entries, the fifth with an acknowledgement of its own, and a snapshot at 8. */
async function prepare(journal: Journal): Promise<void> {
  await journal.createSession(session('s'))
  const commits = batch('s', 0, 10).commits.map((each) =>
    each.seq === 5 ? { ...each, ack: ackOf(5) } : each,
  )
  await journal.append([{ session_id: 's', base_seq: 0, commits, receipts: [receipt(10, 'r')] }])
  await journal.writeSnapshot('s', 8, ['parts'])
}

function ackOf(seq: number) {
  return { ok: true as const, command_id: `c${seq}`, seq, result: { of: seq } }
}

export function truncationSuite(open: OpenJournal): void {
  describe('truncate', () => {
    test('removes the oldest, in slices, and tells where the rest begins', async () => {
      await using opened = await open()
      await prepare(opened.journal)
      expect(await opened.journal.firstSeq('s')).toBe(1)
      expect(await opened.journal.truncate('s', { before_seq: 7, limit: 4 })).toBe(4)
      expect(await opened.journal.truncate('s', { before_seq: 7, limit: 4 })).toBe(2)
      expect(await opened.journal.truncate('s', { before_seq: 7, limit: 4 })).toBe(0)
      const journal = await opened.reopen()
      expect(await journal.firstSeq('s')).toBe(7)
      expect(await journal.entriesAfter('s', 6, 100)).toEqual(bodies(7, 10))
      expect(await journal.loadSession('s')).toEqual({
        record: session('s'),
        snapshot: { seq: 8, parts: ['parts'] },
        entries: bodies(9, 10),
        receipts: [receipt(10, 'r')],
      })
      expect((await journal.listSessions())[0]?.seq).toBe(10)
      expect(await journal.append([batch('s', 10)])).toEqual([{ ok: true }])
      expect(await journal.entriesAfter('s', 9, 100)).toEqual(bodies(10, 11))
    })

    test('what is asked for below the first is not made up for from above', async () => {
      await using opened = await open()
      const { journal } = opened
      await prepare(journal)
      await journal.truncate('s', { before_seq: 7, limit: 100 })
      expect(await journal.entriesAfter('s', 0, 3)).toEqual([])
      expect(await journal.entriesAfter('s', 4, 4)).toEqual(bodies(7, 8))
      expect(await journal.entriesAfter('s', 0, 100)).toEqual(bodies(7, 10))
    })

    test('[STORE3] keeps what no snapshot covers, and the last entry', async () => {
      await using opened = await open()
      const { journal } = opened
      await journal.createSession(session('s'))
      await journal.append([batch('s', 0, 5)])
      expect(await journal.truncate('s', { before_seq: 100, limit: 100 })).toBe(0)
      await journal.writeSnapshot('s', 3, ['parts'])
      expect(await journal.truncate('s', { before_seq: 100, limit: 100 })).toBe(3)
      await journal.writeSnapshot('s', 5, ['parts'])
      expect(await journal.truncate('s', { before_seq: 100, limit: 100 })).toBe(1)
      expect(await journal.entriesAfter('s', 0, 100)).toEqual(bodies(5, 5))
    })

    test('a time keeps that entry and all after it, whatever their clocks said', async () => {
      await using opened = await open()
      const { journal } = opened
      await journal.createSession(session('s'))
      const hours = [1, 2, 9, 3, 4]
      const commits = hours.map((hour, i) => {
        const body = JSON.stringify({ timestamp: `2026-01-01T0${hour}:00:00.000Z` })
        return { ...commit(i + 1), body }
      })
      await journal.append([{ session_id: 's', base_seq: 0, commits, receipts: [] }])
      await journal.writeSnapshot('s', 5, ['parts'])
      const before_time = '2026-01-01T05:00:00.000Z'
      expect(await journal.truncate('s', { before_seq: 2, before_time, limit: 100 })).toBe(1)
      expect(await journal.truncate('s', { before_seq: 5, before_time, limit: 100 })).toBe(1)
      expect(await journal.firstSeq('s')).toBe(3)
    })

    test('[IDEM4] the command ids of what is gone stay taken, with their answers', async () => {
      await using opened = await open()
      await prepare(opened.journal)
      await opened.journal.truncate('s', { before_seq: 7, limit: 100 })
      const journal = await opened.reopen()
      const gone = { payload_hash: 'hash of c5', seq: 5, body: null, ack: ackOf(5) }
      expect(await journal.findCommand('s', 'c5')).toEqual({ command_id: 'c5', ...gone })
      expect(await journal.findCommand('s', 'c2')).toMatchObject({ seq: 2, ack: { seq: 2 } })
      expect(await journal.findCommand('s', 'c7')).toEqual(commit(7))
      const commits = [commit(11), commit(12, 'c2')]
      const again = { session_id: 's', base_seq: 10, commits, receipts: [] }
      expect(await journal.append([again])).toEqual([
        { ok: false, reason: 'duplicate', command_ids: ['c2'] },
      ])
    })

    test('[STORE1] what is kept of a run of entries is proven, whatever was taken out of it', async () => {
      await using opened = await open()
      await prepare(opened.journal)
      for (const before_seq of [3, 4, 7]) {
        await opened.journal.truncate('s', { before_seq, limit: 100 })
        expect(await opened.journal.entriesAfter('s', 0, 100)).toEqual(bodies(before_seq, 10))
        expect(await opened.journal.append([batch('s', 10, 0)])).toEqual([{ ok: true }])
      }
      await opened.journal.append([batch('s', 10, 5)])
      const journal = await opened.reopen()
      expect(await journal.entriesAfter('s', 6, 100)).toEqual(bodies(7, 15))
      await journal.writeSnapshot('s', 15, ['parts'])
      for (const before_seq of [10, 11, 12]) {
        await journal.truncate('s', { before_seq, limit: 100 })
        expect(await journal.entriesAfter('s', 0, 100)).toEqual(bodies(before_seq, 15))
      }
    })

    test('a deleted session forgets what was removed of it', async () => {
      await using opened = await open()
      await prepare(opened.journal)
      await opened.journal.truncate('s', { before_seq: 7, limit: 100 })
      await opened.journal.deleteSession('s')
      const journal = await opened.reopen()
      await journal.createSession(session('s'))
      expect(await journal.firstSeq('s')).toBe(1)
      expect(await journal.append([batch('s', 0, 3)])).toEqual([{ ok: true }])
      expect((await journal.loadSession('s'))?.entries).toEqual(bodies(1, 3))
    })

    test('there is nothing to remove of an unknown session', async () => {
      await using opened = await open()
      expect(await opened.journal.truncate('s', { before_seq: 7, limit: 100 })).toBe(0)
      expect(await opened.journal.firstSeq('s')).toBe(1)
    })
  })
}
