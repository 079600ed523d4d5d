import { PostgresServer, runSql } from '@talus/services'
import { afterAll, describe, expect, test } from 'vitest'
import { type Journal, openPostgresJournal, StorageError } from '../src/journal/index.js'
import { storageCause } from '../src/journal/causes.js'
import { wholeText } from '../src/journal/entry-text.js'
import { batch, bodies, commit, session } from './journal-samples.js'
import { tcpProxy } from './tcp-proxy.js'

const server = await PostgresServer.create('max_connections=20')
afterAll(() => server[Symbol.asyncDispose]())

async function openAt(url: string): Promise<Journal & AsyncDisposable> {
  const journal = await openPostgresJournal({ url })
  return { ...journal, [Symbol.asyncDispose]: () => journal.close() }
}

async function fresh(): Promise<void> {
  await runSql(server.url, 'drop schema if exists talus cascade')
}

async function throughProxy() {
  await fresh()
  const proxy = await tcpProxy(Number(new URL(server.url).port))
  const url = new URL(server.url)
  url.port = String(proxy.port)
  const journal = await openPostgresJournal({ url: url.href })
  return {
    proxy,
    journal,
    async [Symbol.asyncDispose]() {
      await journal.close()
      await proxy[Symbol.asyncDispose]()
    },
  }
}

describe('a PostgreSQL journal', () => {
  test.each([1, 2, 3])(
    'whose answer to an append is lost %i times is told what became of it',
    async (times) => {
      await using opened = await throughProxy()
      const { journal, proxy } = opened
      await journal.createSession(session('s'))
      await journal.createSession(session('other'))
      expect(await journal.append([batch('s', 0)])).toEqual([{ ok: true }])
      proxy.swallowAnswers(times)
      // One of them stands in the way of nobody: it is refused as always.
      const group = [batch('s', 1, 3), batch('other', 7), batch('nobody', 0)]
      expect(await journal.append(group)).toEqual([
        { ok: true },
        { ok: false, reason: 'conflict' },
        { ok: false, reason: 'unknown-session' },
      ])
      expect(await journal.entriesAfter('s', 0, 100)).toEqual(bodies(1, 4))
      expect(await journal.append([batch('s', 4)])).toEqual([{ ok: true }])
    },
  )

  test('that cannot be reached refuses, and works again as soon as it can', async () => {
    await using opened = await throughProxy()
    const { journal, proxy } = opened
    await journal.createSession(session('s'))
    proxy.cut()
    await expect(journal.append([batch('s', 0)])).rejects.toBeInstanceOf(StorageError)
    await expect(journal.ping()).rejects.toBeInstanceOf(StorageError)
    await expect(journal.loadSession('s')).rejects.toBeInstanceOf(StorageError)
    proxy.heal()
    await journal.ping()
    expect(await journal.append([batch('s', 0)])).toEqual([{ ok: true }])
    expect(await journal.entriesAfter('s', 0, 100)).toEqual(bodies(1, 1))
  })

  test('whose network stands still refuses, and nothing of it comes about afterwards', async () => {
    await using opened = await throughProxy()
    const { journal, proxy } = opened
    await journal.createSession(session('s'))
    await journal.append([batch('s', 0)])
    proxy.stall()
    await expect(journal.append([batch('s', 1)])).rejects.toBeInstanceOf(StorageError)
    proxy.heal()
    const mine = { ...batch('s', 1), commits: [commit(2, 'another')] }
    expect(await journal.append([mine])).toEqual([{ ok: true }])
    expect(await journal.findCommand('s', 'c2')).toBeUndefined()
  })

  test('that takes no changes says so, and takes them again afterwards', async () => {
    await fresh()
    await using journal = await openAt(server.url)
    await journal.createSession(session('s'))
    const readOnly = (value: string) =>
      runSql(
        server.url,
        `alter system set default_transaction_read_only = ${value}`,
        'select pg_reload_conf()',
      )
    await readOnly('on')
    await expect
      .poll(() => journal.ping().then(() => 'well', storageCause))
      .toMatch(/takes no changes/)
    const refused = await journal.append([batch('s', 0)]).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(StorageError)
    expect(storageCause(refused)).toMatch(/takes no changes/)
    await runSql(
      server.url,
      'set default_transaction_read_only = off',
      'alter system reset default_transaction_read_only',
      'select pg_reload_conf()',
    )
    await expect.poll(() => journal.ping().then(() => 'well', storageCause)).toBe('well')
    expect(await journal.append([batch('s', 0)])).toEqual([{ ok: true }])
  })

  test.each([
    ['may not create its tables', [], /may not create/],
    ['has no connections left', ['alter role weak connection limit 0'], /no connections left/],
    ['has no such user', ['alter role weak nologin'], /refuses this user/],
  ])('of a user who %s says so', async (_, statements, cause) => {
    await fresh()
    await runSql(server.url, 'drop role if exists weak', 'create role weak login', ...statements)
    const url = new URL(server.url)
    url.username = 'weak'
    const refused = await openPostgresJournal({ url: url.href }).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(StorageError)
    expect(storageCause(refused)).toMatch(cause)
  })

  test('needs no more than a schema that belongs to its user', async () => {
    await fresh()
    await runSql(
      server.url,
      'drop role if exists weak',
      'create role weak login',
      'create schema talus authorization weak',
    )
    const url = new URL(server.url)
    url.username = 'weak'
    await using journal = await openAt(url.href)
    expect(await journal.createSession(session('s'))).toBe('created')
    await runSql(server.url, 'drop schema talus cascade')
  })

  test('keeps what it has acknowledged when PostgreSQL is killed or frozen again and again', async () => {
    await fresh()
    await using journal = await openAt(server.url)
    await journal.createSession(session('s'))
    const acknowledged: string[] = []
    const refused: string[] = []
    let stopped = false
    let seq = 0
    const write = async () => {
      for (let n = 0; !stopped; n += 1) {
        const one = commit(seq + 1, `command-${n}`)
        const group = { session_id: 's', base_seq: seq, commits: [one], receipts: [] }
        try {
          const [outcome] = await journal.append([group])
          if (outcome?.ok) {
            acknowledged.push(one.body)
            seq += 1
            continue
          }
          // What was refused before has come about after all, in its place.
          const missing = (await journal.entriesAfter('s', seq, 10)).map(wholeText)
          expect(missing.every((body) => refused.includes(body))).toBe(true)
          acknowledged.push(...missing)
          seq += missing.length
        } catch (error) {
          if (!(error instanceof StorageError)) throw error
          refused.push(one.body)
          await new Promise((resolve) => setTimeout(resolve, 20))
        }
      }
    }
    const writing = write()
    for (let round = 0; round < 4; round += 1) {
      const before = acknowledged.length
      await expect.poll(() => acknowledged.length, { timeout: 60_000 }).toBeGreaterThan(before + 20)
      if (round % 2 === 0) {
        await server.kill()
        await server.start()
      } else {
        server.signal('SIGSTOP')
        await new Promise((resolve) => setTimeout(resolve, 700))
        server.signal('SIGCONT')
      }
    }
    stopped = true
    await writing
    expect(await journal.entriesAfter('s', 0, 1_000_000)).toEqual(acknowledged)
  })
})
