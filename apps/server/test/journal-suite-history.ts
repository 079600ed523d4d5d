import { describe, expect, test } from 'vitest'
import { LONG_BODY, LongText, wholeText } from '../src/journal/entry-text.js'
import type { Receipt } from '../src/journal/journal.js'
import { batch, bodies, commit, receipt, session } from './journal-samples.js'
import type { OpenJournal } from './journal-suite.js'

export function historySuite(open: OpenJournal): void {
  describe('history', () => {
    test('[LIM17] entriesAfter ends when the entries have so many characters', async () => {
      await using opened = await open()
      const { journal } = opened
      await journal.createSession(session('s'))
      await journal.append([batch('s', 0, 10)])
      const [first = '', second = ''] = bodies(1, 2)
      const both = first.length + second.length
      for (const [chars, count] of [
        [1, 1],
        [first.length, 1],
        [both, 2],
        [both + 1, 3],
      ] as const) {
        expect(await journal.entriesAfter('s', 0, 10, chars)).toEqual(bodies(1, count))
      }
      expect(await journal.entriesAfter('s', 0, 1, both)).toEqual(bodies(1, 1))
      expect(await journal.entriesAfter('s', 8, 10, 1e9)).toEqual(bodies(9, 10))
      expect(await journal.entriesAfter('s', 10, 10, 1)).toEqual([])
    })

    test('entriesAfter gives a window', async () => {
      await using opened = await open()
      const { journal } = opened
      await journal.createSession(session('s'))
      await journal.append([batch('s', 0, 10)])
      expect(await journal.entriesAfter('s', 3, 4)).toEqual(bodies(4, 7))
      expect(await journal.entriesAfter('s', 8, 4)).toEqual(bodies(9, 10))
      expect(await journal.entriesAfter('s', 10, 4)).toEqual([])
      expect(await journal.entriesAfter('s', 3, 0)).toEqual([])
    })

    test('findCommand finds entries and receipts with what was stored', async () => {
      await using opened = await open()
      await opened.journal.createSession(session('s'))
      const ack = { ok: true as const, command_id: 'undo', seq: 2, result: ['x', null] }
      const undo = { ...commit(2, 'undo'), ack }
      const noop = receipt(2, 'noop')
      await opened.journal.append([
        { session_id: 's', base_seq: 0, commits: [commit(1), undo], receipts: [noop] },
      ])
      const journal = await opened.reopen()
      expect(await journal.findCommand('s', 'c1')).toEqual(commit(1))
      expect(await journal.findCommand('s', 'undo')).toEqual(undo)
      expect(await journal.findCommand('s', 'noop')).toEqual({
        command_id: 'noop',
        payload_hash: noop.payload_hash,
        seq: null,
        body: null,
        ack: noop.ack,
      })
      expect(await journal.findCommand('s', 'c9')).toBeUndefined()
    })

    test('findCommand finds a long entry, whose body may have to be read by its seq', async () => {
      await using opened = await open()
      const { journal } = opened
      await journal.createSession(session('s'))
      const long = { ...commit(1), body: JSON.stringify({ text: 'a'.repeat(LONG_BODY) }) }
      const commits = [long, commit(2)]
      await journal.append([{ session_id: 's', base_seq: 0, commits, receipts: [] }])
      const found = await journal.findCommand('s', 'c1')
      expect([long.body, undefined]).toContain(found?.body)
      expect((await journal.entriesAfter('s', 0, 1)).map(wholeText)).toEqual([long.body])
      expect(found).toMatchObject({ seq: 1, payload_hash: long.payload_hash, ack: null })
      expect(await journal.findCommand('s', 'c2')).toEqual(commit(2))
    })

    test('long entries come back word for word, in whatever parts they were given', async () => {
      await using opened = await open()
      await opened.journal.createSession(session('s'))
      // A cut after every LONG_BODY characters, or bytes, would be within one of them.
      const text = JSON.stringify(`${'a😀'.repeat(LONG_BODY)}"\\${'é'.repeat(LONG_BODY)}`)
      const cuts = [1, 2, 4, LONG_BODY, 3 * LONG_BODY - 1, 3 * LONG_BODY + 9, text.length]
      const parts = cuts.map((to, i) => text.slice(cuts[i - 1] ?? 0, to))
      const whole = [text, new LongText(parts), '{"short":"é"}']
      const commits = whole.map((body, i) => ({ ...commit(i + 1), body }))
      const receipts = [receipt(3, 'r')]
      await opened.journal.append([{ session_id: 's', base_seq: 0, commits, receipts }])
      const journal = await opened.reopen()
      const expected = whole.map(wholeText)
      expect((await journal.entriesAfter('s', 0, 3)).map(wholeText)).toEqual(expected)
      const loaded = await journal.loadSession('s')
      expect(loaded?.entries.map(wholeText)).toEqual(expected)
    })

    test('receipts come back as they were, in the order of appending', async () => {
      await using opened = await open()
      await opened.journal.createSession(session('s'))
      const consuming: Receipt = {
        ...receipt(1, 'z'),
        consumes: { kind: 'undo', actor_id: 'ann', target_command_id: 'c1' },
      }
      await opened.journal.append([{ ...batch('s', 0), receipts: [consuming, receipt(1, 'b')] }])
      await opened.journal.append([{ ...batch('s', 1, 0), receipts: [receipt(1, 'a')] }])
      const journal = await opened.reopen()
      const loaded = await journal.loadSession('s')
      expect(loaded?.receipts).toEqual([consuming, receipt(1, 'b'), receipt(1, 'a')])
    })
  })

  describe('snapshots', () => {
    test('a session opens with the snapshot and what came after it', async () => {
      await using opened = await open()
      await opened.journal.createSession(session('s'))
      await opened.journal.append([{ ...batch('s', 0, 3), receipts: [receipt(2, 'old')] }])
      await opened.journal.append([{ ...batch('s', 3, 2), receipts: [receipt(3, 'at')] }])
      await opened.journal.append([{ ...batch('s', 5, 0), receipts: [receipt(5, 'after')] }])
      const parts = Array.from({ length: 12 }, (_, i) => `part ${i}`)
      await opened.journal.writeSnapshot('s', 3, parts)
      const journal = await opened.reopen()
      expect(await journal.loadSession('s')).toEqual({
        record: session('s'),
        snapshot: { seq: 3, parts },
        entries: bodies(4, 5),
        // One at the snapshot's own seq may be newer than the snapshot.
        receipts: [receipt(3, 'at'), receipt(5, 'after')],
      })
      // The history before the snapshot is still there for those who are behind it.
      expect(await journal.entriesAfter('s', 0, 3)).toEqual(bodies(1, 3))
    })

    test('a newer one replaces an older one, never the other way round', async () => {
      await using opened = await open()
      const { journal } = opened
      await journal.createSession(session('s'))
      await journal.append([batch('s', 0, 3)])
      const stored = async () => (await journal.loadSession('s'))?.snapshot
      await journal.writeSnapshot('s', 2, ['a', 'b', 'c'])
      await journal.writeSnapshot('s', 1, ['older'])
      expect(await stored()).toEqual({ seq: 2, parts: ['a', 'b', 'c'] })
      await journal.writeSnapshot('s', 2, ['again'])
      expect(await stored()).toEqual({ seq: 2, parts: ['a', 'b', 'c'] })
      await journal.writeSnapshot('s', 3, ['newer'])
      expect(await stored()).toEqual({ seq: 3, parts: ['newer'] })
    })

    test('commands are appended between its parts; until the last the older one counts', async () => {
      await using opened = await open()
      const { journal } = opened
      await journal.createSession(session('s'))
      await journal.append([batch('s', 0, 3)])
      await journal.writeSnapshot('s', 1, ['older'])
      async function* parts() {
        for (const seq of [4, 5, 6]) {
          expect(await journal.append([batch('s', seq - 1)])).toEqual([{ ok: true }])
          expect(await journal.loadSession('s')).toMatchObject({
            snapshot: { seq: 1, parts: ['older'] },
            entries: bodies(2, seq),
          })
          yield `part ${seq}`
        }
      }
      await journal.writeSnapshot('s', 3, parts())
      expect(await journal.loadSession('s')).toMatchObject({
        snapshot: { seq: 3, parts: ['part 4', 'part 5', 'part 6'] },
        entries: bodies(4, 6),
      })
    })

    test('one whose parts fail leaves nothing, nor does one of a session that goes', async () => {
      await using opened = await open()
      const { journal } = opened
      await journal.createSession(session('s'))
      await journal.append([batch('s', 0, 3)])
      async function* failing() {
        yield 'a'
        yield 'b'
        throw new Error('no more')
      }
      await expect(journal.writeSnapshot('s', 2, failing())).rejects.toThrow('no more')
      expect((await journal.loadSession('s'))?.snapshot).toBeNull()
      await journal.writeSnapshot('s', 2, ['c'])
      expect((await journal.loadSession('s'))?.snapshot).toEqual({ seq: 2, parts: ['c'] })
      async function* late() {
        yield 'd'
        await journal.deleteSession('s')
        yield 'e'
      }
      await journal.writeSnapshot('s', 3, late())
      expect(await journal.loadSession('s')).toBeUndefined()
      await journal.createSession(session('s'))
      expect((await journal.loadSession('s'))?.snapshot).toBeNull()
    })

    test('one of an unknown session is dropped', async () => {
      await using opened = await open()
      const { journal } = opened
      await journal.writeSnapshot('s', 1, ['late'])
      await journal.createSession(session('s'))
      expect((await journal.loadSession('s'))?.snapshot).toBeNull()
    })

    test('one ahead of the journal, or without parts, is a bug', async () => {
      await using opened = await open()
      const { journal } = opened
      await journal.createSession(session('s'))
      await journal.append([batch('s', 0, 3)])
      await expect(journal.writeSnapshot('s', 4, ['speculative'])).rejects.toThrow(RangeError)
      await expect(journal.writeSnapshot('s', 3, [])).rejects.toThrow(RangeError)
      expect((await journal.loadSession('s'))?.snapshot).toBeNull()
    })
  })
}
