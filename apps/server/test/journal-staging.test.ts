import { describe, expect, test } from 'vitest'
import { batch, bodies, commit, receipt, session } from './journal-samples.js'
import { StagedStore, temporaryStore } from './staged-store.js'

const OK = [{ ok: true }]

const stagedRows = (store: StagedStore) => store.count('select count(*) from staged')

const entriesIn = (store: StagedStore, session_id: string) =>
  store.count(
    `select coalesce(sum(last_seq - first_seq + 1), 0) from segments
      where session_id = '${session_id}'`,
  )

describe('what is staged stays little', { timeout: 0 }, () => {
  test.each([
    ['one command at a time', 1, 1],
    ['large groups of one session', 1, 300],
    ['some commands of each of many sessions', 40, 5],
    ['one command of each of many sessions', 150, 1],
  ])('%s', async (_, count, size) => {
    const rows = 1_000
    await using opened = await temporaryStore({ rows, characters: 1e9 })
    const { store } = opened
    const ids = Array.from({ length: count }, (__, i) => `s${i}`)
    for (const id of ids) await store.journal.createSession(session(id))
    const groups = Math.ceil((12 * rows) / (count * size))
    let [base, most] = [0, 0]
    for (let group = 0; group < groups; group += 1) {
      const outcomes = await store.journal.append(ids.map((id) => batch(id, base, size)))
      expect(outcomes).toEqual(ids.flatMap(() => OK))
      base += size
      most = Math.max(most, stagedRows(store) * count * size)
    }
    expect(most).toBeGreaterThan(rows)
    // A round moves twice what is added while it lasts.
    expect(most).toBeLessThanOrEqual(2 * rows + 3 * count * size)
    for (const id of ids.slice(0, 5)) {
      expect(await store.journal.entriesAfter(id, 0, 1e6)).toEqual(bodies(1, base))
    }
  })

  test('a few large ones are many', async () => {
    await using opened = await temporaryStore({ rows: 1e9, characters: 100_000 })
    const { store } = opened
    await store.journal.createSession(session('s'))
    for (let seq = 1; seq <= 60; seq += 1) {
      const body = JSON.stringify('x'.repeat(9_000))
      const commits = [{ ...commit(seq), body }]
      expect(await store.journal.append([{ ...batch('s', seq - 1), commits }])).toEqual(OK)
      expect(store.count('select coalesce(sum(length(body)), 0) from staged')).toBeLessThan(200_000)
    }
    expect(entriesIn(store, 's')).toBeGreaterThan(40)
  })

  test('all of a long session at once becomes segments of some hundred entries', async () => {
    await using opened = await temporaryStore({ rows: 1e9, characters: 1e9 })
    const { store } = opened
    await store.journal.createSession(session('s'))
    for (let base = 0; base < 3_000; base += 30) await store.journal.append([batch('s', base, 30)])
    await store.reopen('close')
    expect(entriesIn(store, 's')).toBe(3_000)
    expect(store.count('select count(*) from segments')).toBeGreaterThan(4)
    expect(await store.journal.entriesAfter('s', 700, 300)).toEqual(bodies(701, 1_000))
  })

  test('closing leaves none, not even of nothing', async () => {
    await using opened = await temporaryStore({ rows: 100, characters: 1e9 })
    const { store } = opened
    await store.journal.createSession(session('s'))
    await store.journal.append([batch('s', 0, 0)])
    await store.reopen('close')
    expect(stagedRows(store)).toBe(0)
    await store.journal.append([{ ...batch('s', 0, 3), receipts: [receipt(3, 'r')] }])
    expect([stagedRows(store), entriesIn(store, 's')]).toEqual([1, 0])
    await store.reopen('close')
    expect([stagedRows(store), entriesIn(store, 's')]).toEqual([0, 3])
  })
})

describe('sessions do not get into each other’s way', { timeout: 0 }, () => {
  test('[STORE1] each goes on from its own end after another one was looked at', async () => {
    await using opened = await temporaryStore({ rows: 0, characters: 0 })
    const { store } = opened
    for (const id of ['a', 'b']) await store.journal.createSession(session(id))
    await store.journal.append([batch('a', 0, 5)])
    await store.journal.writeSnapshot('a', 5, ['parts'])
    expect(await store.journal.append([batch('b', 0, 2)])).toEqual(OK)
    expect((await store.journal.loadSession('b'))?.entries).toEqual(bodies(1, 2))
    await store.reopen('close')
    expect((await store.journal.loadSession('b'))?.entries).toEqual(bodies(1, 2))
  })

  test('a session that is deleted while its rows move takes only its own along', async () => {
    await using opened = await temporaryStore({ rows: 1_100, characters: 1e9 })
    const { store } = opened
    const ids = ['a', 'b', 'c']
    for (const id of ids) await store.journal.createSession(session(id))
    for (const id of ids) await store.journal.append([batch(id, 0, 400)])
    const moved = ids.filter((id) => entriesIn(store, id) > 0)
    expect(moved.length).toBeGreaterThan(0)
    expect(moved.length).toBeLessThan(3)
    expect(await store.journal.deleteSession('a')).toBe(true)
    expect(await store.journal.append([batch('b', 400, 140)])).toEqual(OK)
    expect(await store.journal.createSession(session('a'))).toBe('created')
    expect(await store.journal.append([batch('a', 0, 1), batch('c', 400, 140)])).toEqual([
      { ok: true },
      { ok: true },
    ])
    for (const ending of ['crash', 'close'] as const) {
      const journal = await store.reopen(ending)
      expect((await journal.loadSession('a'))?.entries).toEqual(bodies(1, 1))
      expect((await journal.loadSession('b'))?.entries).toEqual(bodies(1, 540))
      expect((await journal.loadSession('c'))?.entries).toEqual(bodies(1, 540))
    }
  })

  test('[CMD3] one whose rows cannot be written stops no other, and moves when it can', async () => {
    await using opened = await temporaryStore({ rows: 20, characters: 1e9 })
    const { store } = opened
    for (const id of ['broken', 'whole']) await store.journal.createSession(session(id))
    store.exec(`create trigger damage before insert on segments
      when new.session_id = 'broken' begin select raise(abort, 'unreadable page'); end`)
    const both = (base: number) =>
      store.journal.append([batch('broken', base), batch('whole', base)])
    for (let base = 0; base < 200; base += 1) {
      expect(await both(base)).toEqual([{ ok: true }, { ok: true }])
    }
    const expectAll = async (count: number) => {
      for (const id of ['broken', 'whole']) {
        expect((await store.journal.loadSession(id))?.entries).toEqual(bodies(1, count))
      }
    }
    await expectAll(200)
    // It is tried again each time when there is twice as much.
    expect(store.stuck.length).toBeGreaterThan(1)
    expect(store.stuck.length).toBeLessThan(10)
    await expect(store.journal.writeSnapshot('broken', 10, ['parts'])).rejects.toThrow('unreadable')
    await store.journal.writeSnapshot('whole', 10, ['parts'])
    expect(await store.journal.findCommand('broken', 'c150')).toEqual(commit(150))
    await store.reopen('crash')
    expect(entriesIn(store, 'broken')).toBe(0)
    store.exec('drop trigger damage')
    for (let base = 200; base < 300; base += 1) await both(base)
    expect(stagedRows(store)).toBeLessThan(40)
    expect(entriesIn(store, 'broken')).toBeGreaterThan(200)
    expect((await store.journal.loadSession('broken'))?.entries).toEqual(bodies(1, 300))
    expect(await store.journal.entriesAfter('whole', 0, 1_000)).toEqual(bodies(1, 300))
  })

  test('[STORE1] closing with rows that cannot be written says so, and loses nothing', async () => {
    await using opened = await temporaryStore({ rows: 1_000, characters: 1e9 })
    const { store } = opened
    await store.journal.createSession(session('s'))
    await store.journal.append([batch('s', 0, 5)])
    store.exec(`create trigger damage before insert on segments
      begin select raise(abort, 'unreadable page'); end`)
    await store.journal.close()
    expect(store.stuck).toMatchObject([
      { message: expect.stringContaining('unreadable page') as unknown },
    ])
    const again = await StagedStore.open(store.file)
    again.exec('drop trigger damage')
    expect((await again.journal.loadSession('s'))?.entries).toEqual(bodies(1, 5))
    await again.journal.close()
  })
})
