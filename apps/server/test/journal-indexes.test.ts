import { describe, expect, test } from 'vitest'
import { batch, bodies, commit, receipt, session } from './journal-samples.js'
import { LocalStore, temporaryStore } from './local-store.js'

const OK = [{ ok: true }]

const entriesIn = (store: LocalStore, session_id: string) =>
  store.count(
    `select count(*) from by_seq
      where session = (select id from sessions where session_id = '${session_id}')`,
  )

describe('what is behind the indexes stays little', { timeout: 0 }, () => {
  test.each([
    ['one command at a time', 1, 1],
    ['large groups of one session', 1, 300],
    ['some commands of each of many sessions', 40, 5],
    ['one command of each of many sessions', 150, 1],
  ])('%s', async (_, count, size) => {
    const rows = 1_000
    await using opened = await temporaryStore(rows)
    const { store } = opened
    const ids = Array.from({ length: count }, (__, i) => `s${i}`)
    for (const id of ids) await store.journal.createSession(session(id))
    const groups = Math.ceil((12 * rows) / (count * size))
    let [base, most] = [0, 0]
    for (let group = 0; group < groups; group += 1) {
      const outcomes = await store.journal.append(ids.map((id) => batch(id, base, size)))
      expect(outcomes).toEqual(ids.flatMap(() => OK))
      base += size
      most = Math.max(most, store.behind())
    }
    expect(most).toBeGreaterThanOrEqual(rows)
    // A round moves twice what is added while it lasts.
    expect(most).toBeLessThanOrEqual(2 * rows + 3 * count * size)
    for (const id of ids.slice(0, 5)) {
      expect(await store.journal.entriesAfter(id, 0, 1e6)).toEqual(bodies(1, base))
    }
  })

  test('closing leaves none, not even of nothing', async () => {
    await using opened = await temporaryStore(100)
    const { store } = opened
    await store.journal.createSession(session('s'))
    await store.journal.append([batch('s', 0, 0)])
    await store.reopen('close')
    expect(store.behind()).toBe(0)
    await store.journal.append([{ ...batch('s', 0, 3), receipts: [receipt(3, 'r')] }])
    expect([store.behind(), entriesIn(store, 's')]).toEqual([4, 0])
    await store.reopen('close')
    expect([store.behind(), entriesIn(store, 's')]).toEqual([0, 3])
  })
})

describe('sessions do not get into each other’s way', { timeout: 0 }, () => {
  test('[STORE1] each goes on from its own end after another one was looked at', async () => {
    await using opened = await temporaryStore(0)
    const { store } = opened
    for (const id of ['a', 'b']) await store.journal.createSession(session(id))
    await store.journal.append([batch('a', 0, 5)])
    await store.journal.writeSnapshot('a', 5, ['parts'])
    expect(await store.journal.append([batch('b', 0, 2)])).toEqual(OK)
    expect((await store.journal.loadSession('b'))?.entries).toEqual(bodies(1, 2))
    await store.reopen('close')
    expect((await store.journal.loadSession('b'))?.entries).toEqual(bodies(1, 2))
  })

  test('a session that is deleted while the indexes are filled takes only its own along', async () => {
    await using opened = await temporaryStore(1_100)
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

  test('[CMD3] one whose rows cannot be indexed stops no other, and is indexed when it can be', async () => {
    await using opened = await temporaryStore(20)
    const { store } = opened
    for (const id of ['broken', 'whole']) await store.journal.createSession(session(id))
    store.exec(`create trigger damage before insert on by_seq
      when new.session = 1 begin select raise(abort, 'unreadable page'); end`)
    const both = (base: number) =>
      store.journal.append([batch('broken', base), batch('whole', base)])
    for (let base = 0; base < 200; base += 1) {
      expect(await both(base)).toEqual([{ ok: true }, { ok: true }])
    }
    for (const id of ['broken', 'whole']) {
      expect((await store.journal.loadSession(id))?.entries).toEqual(bodies(1, 200))
    }
    expect(store.stuck).toHaveLength(1)
    expect(entriesIn(store, 'whole')).toBeGreaterThan(150)
    for (const id of ['broken', 'whole']) await store.journal.writeSnapshot(id, 10, ['parts'])
    await expect(store.journal.truncate('broken', { before_seq: 5, limit: 10 })).rejects.toThrow(
      'unreadable',
    )
    expect(await store.journal.findCommand('broken', 'c150')).toEqual(commit(150))
    // What waits for the indexes waits for long, and nobody waits for it.
    await store.journal.createSession(session('deleted'))
    await store.journal.deleteSession('deleted')
    while (await store.journal.eraseRemoved());
    await store.reopen('crash')
    expect(entriesIn(store, 'broken')).toBe(0)
    store.exec('drop trigger damage')
    for (let base = 200; base < 300; base += 1) await both(base)
    expect(store.behind()).toBeLessThan(100)
    expect(entriesIn(store, 'broken')).toBeGreaterThan(200)
    expect(await store.journal.entriesAfter('broken', 0, 1_000)).toEqual(bodies(1, 300))
    expect(await store.journal.entriesAfter('whole', 0, 1_000)).toEqual(bodies(1, 300))
  })

  test('[STORE1] closing with rows that cannot be indexed says so, and loses nothing', async () => {
    await using opened = await temporaryStore(1_000)
    const { store } = opened
    await store.journal.createSession(session('s'))
    await store.journal.append([batch('s', 0, 5)])
    store.exec(`create trigger damage before insert on by_seq
      begin select raise(abort, 'unreadable page'); end`)
    await store.journal.close()
    expect(store.stuck).toMatchObject([
      { message: expect.stringContaining('unreadable page') as unknown },
    ])
    const again = await LocalStore.open(store.file)
    again.exec('drop trigger damage')
    expect((await again.journal.loadSession('s'))?.entries).toEqual(bodies(1, 5))
    await again.journal.close()
  })
})
