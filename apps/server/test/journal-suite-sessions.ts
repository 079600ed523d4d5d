import { describe, expect, test } from 'vitest'
import { batch, commit, project, receipt, session } from './journal-samples.js'
import type { OpenJournal } from './journal-suite.js'

export function sessionSuite(open: OpenJournal, { isQueue }: { isQueue: boolean }): void {
  describe('sessions', () => {
    test('a session is created once and keeps its first record', async () => {
      await using opened = await open()
      const record = session('s')
      expect(await opened.journal.createSession(record)).toBe('created')
      expect(await opened.journal.createSession({ ...record, epoch: 'other' })).toBe('exists')
      const journal = await opened.reopen()
      expect(await journal.loadSession('s')).toEqual({
        record,
        snapshot: null,
        entries: [],
        receipts: [],
      })
    })

    test('of many that are created at once, each is created once', async () => {
      await using opened = await open()
      const { journal } = opened
      const ids = Array.from({ length: 40 }, (_, i) => `s${i % 25}`)
      const answers = await Promise.all(ids.map((id) => journal.createSession(session(id))))
      const created = ids.filter((_, i) => answers[i] === 'created')
      expect(created.toSorted()).toEqual([...new Set(ids)].toSorted())
      expect(await journal.listSessions()).toHaveLength(25)
    })

    test.runIf(isQueue)('what is asked for at once is done in order', async () => {
      await using opened = await open()
      const { journal } = opened
      const commits = [commit(1, 'c')]
      const answers = await Promise.all([
        journal.createSession(session('first')),
        ...Array.from({ length: 150 }, (_, i) => journal.createSession(session(`s${i % 100}`))),
        journal.append([{ session_id: 's99', base_seq: 0, commits, receipts: [] }]),
        journal.createSession(session('first')),
        journal.deleteSession('s99'),
        journal.createSession(session('s99')),
      ])
      const created = Array.from({ length: 100 }, () => 'created')
      const exist = Array.from({ length: 50 }, () => 'exists')
      const appended = [{ ok: true }]
      expect(answers).toMatchObject([
        'created',
        ...created,
        ...exist,
        appended,
        'exists',
        true,
        'created',
      ])
      const again = await opened.reopen()
      expect(await again.listSessions()).toHaveLength(101)
      expect(await again.entriesAfter('s99', 0, 10)).toEqual([])
    })

    test('what the caller does to a record or an answer afterwards changes nothing', async () => {
      await using opened = await open()
      const { journal } = opened
      const record = session('s')
      await journal.createSession(record)
      record.epoch = 'changed'
      const loaded = await journal.loadSession('s')
      if (loaded) loaded.record.epoch = 'changed'
      expect((await journal.loadSession('s'))?.record).toEqual(session('s'))
    })

    test('there is nothing of an unknown session', async () => {
      await using opened = await open()
      const { journal } = opened
      expect(await journal.loadSession('s')).toBeUndefined()
      expect(await journal.findCommand('s', 'c1')).toBeUndefined()
      expect(await journal.entriesAfter('s', 0, 10)).toEqual([])
      expect(await journal.listSessions()).toEqual([])
      expect(await journal.deleteSession('s')).toBe(false)
    })

    test('names of Object.prototype are ordinary ids', async () => {
      await using opened = await open()
      const { journal } = opened
      for (const id of ['__proto__', 'constructor']) {
        expect(await journal.loadSession(id)).toBeUndefined()
        expect(await journal.createSession(session(id))).toBe('created')
        expect(await journal.findCommand(id, 'toString')).toBeUndefined()
        const commits = [commit(1, 'toString')]
        await journal.append([{ session_id: id, base_seq: 0, commits, receipts: [] }])
        expect(await journal.findCommand(id, 'toString')).toMatchObject({ seq: 1 })
      }
    })

    test('the list is ordered by age, then by id, and has the last seq of each', async () => {
      await using opened = await open()
      const { journal } = opened
      const [a, b, c] = [
        session('a', '2026-01-02T00:00:00.000Z'),
        session('b', '2026-01-01T00:00:00.000Z'),
        session('c', '2026-01-01T00:00:00.000Z'),
      ]
      for (const record of [a, c, b]) await journal.createSession(record)
      await journal.append([batch('a', 0, 3), batch('c', 0, 1)])
      expect(await journal.listSessions()).toEqual([
        { ...b, seq: 0 },
        { ...c, seq: 1 },
        { ...a, seq: 3 },
      ])
    })

    test('a deleted session leaves nothing behind, and its project stays', async () => {
      await using opened = await open()
      const { journal } = opened
      await journal.createSession(session('s'))
      await journal.createSession(session('other'))
      await journal.createProject(project('p', 's'))
      await journal.append([{ ...batch('s', 0, 2), receipts: [receipt(2, 'r')] }])
      await journal.append([batch('other', 0, 2)])
      await journal.writeSnapshot('s', 2, ['part'])

      expect(await journal.deleteSession('s')).toBe(true)
      expect(await journal.deleteSession('s')).toBe(false)
      expect(await journal.append([batch('s', 2)])).toEqual([
        { ok: false, reason: 'unknown-session' },
      ])
      await journal.createSession(session('s'))
      const reopened = await opened.reopen()
      expect(await reopened.loadSession('s')).toEqual({
        record: session('s'),
        snapshot: null,
        entries: [],
        receipts: [],
      })
      expect(await reopened.findCommand('s', 'c1')).toBeUndefined()
      expect(await reopened.findCommand('s', 'r')).toBeUndefined()
      expect(await reopened.entriesAfter('other', 0, 10)).toHaveLength(2)
      expect(await reopened.getProject('p')).toEqual(project('p', 's'))
    })

    test('size is told in counts that can be watched', async () => {
      await using opened = await open()
      const { staged, bytes } = await opened.journal.size()
      expect(staged).toBe(0)
      expect(bytes).toBeGreaterThanOrEqual(0)
    })

    test('ping answers', async () => {
      await using opened = await open()
      const { journal } = opened
      expect(await journal.ping()).toBeUndefined()
    })
  })
}
