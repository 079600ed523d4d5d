import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createMemoryJournal } from '../src/journal/index.js'
import { ShareLinks } from '../src/auth/share-links.js'
import { quickApp, type TestApp } from './harness.js'
import { session } from './journal-samples.js'
import { bearer, SECRET, tokenFor } from './tokens.js'

const WITH_AUTH = { args: ['--jwt-secret', SECRET] }

/** Timers that have neither gone off nor been called off. */
class Timers {
  readonly #waiting = new Map<object, number>()

  after = (ms: number, work: () => void, signal?: AbortSignal): void => {
    const one = {}
    this.#waiting.set(one, ms)
    const timer = setTimeout(() => {
      this.#waiting.delete(one)
      work()
    }, ms).unref()
    signal?.addEventListener('abort', () => {
      clearTimeout(timer)
      this.#waiting.delete(one)
    })
  }

  /** How many wait for longer than so many milliseconds. */
  beyond(least: number): number {
    return [...this.#waiting.values()].filter((ms) => ms > least).length
  }
}

const HOUR = 3_600_000

async function shared(app: TestApp): Promise<{ session_id: string; share_token: string }> {
  const ann = await bearer('ann')
  const made = await app.api('POST', '/sessions', {}, ann)
  const session_id = String(made.body.session_id)
  const expires_at = new Date(Date.now() + 2 * HOUR).toISOString()
  const link = { role: 'viewer', expires_at }
  const { body } = await app.api('POST', `/sessions/${session_id}/share-links`, link, ann)
  return { session_id, share_token: String(body.token) }
}

test('[AUTH5] joins by a link that will expire leave one timer for each session', async () => {
  const timers = new Timers()
  await using app = await quickApp({ ...WITH_AUTH, after: timers.after })
  const [one, other] = [await shared(app), await shared(app)]
  const client = await app.client({ auth: { token: await tokenFor('vic') } })
  const before = timers.beyond(HOUR)
  for (let n = 0; n < 20; n += 1) {
    for (const link of [one, one, other]) {
      expect(await client.ask('join_session', link)).toMatchObject({ ok: true })
    }
    expect(timers.beyond(HOUR)).toBe(before + 2)
    await client.ask('leave_session', { session_id: other.session_id })
    expect(timers.beyond(HOUR)).toBe(before + 1)
  }
  client.socket.disconnect()
  while (timers.beyond(HOUR) > before) await pause(10)
})

test('[AUTH13] proofs that follow each other leave one timer', async () => {
  const timers = new Timers()
  await using app = await quickApp({ ...WITH_AUTH, after: timers.after })
  const before = timers.beyond(0.4 * HOUR)
  const client = await app.client({ auth: { token: await tokenFor('vic', { expires: '1800s' }) } })
  for (let n = 0; n < 20; n += 1) {
    const token = await tokenFor('vic', { expires: `${1_900 + n}s` })
    expect(await client.ask('authenticate', { token })).toMatchObject({ ok: true })
  }
  expect(timers.beyond(0.4 * HOUR)).toBe(before + 1)
})

test('[READ1] a read that was answered leaves no timer', async () => {
  const timers = new Timers()
  await using app = await quickApp({ after: timers.after })
  const client = await (await app.client()).join('s')
  const before = timers.beyond(4_000)
  for (let min_seq = 1; min_seq <= 20; min_seq += 1) {
    const read = app.api('GET', `/graph?session_id=s&min_seq=${min_seq}`)
    // It waits by now, or comes later and need not.
    while (timers.beyond(4_000) === before) await pause(5)
    await client.execute('s', 'CreateNode', { blueprint_type_id: 't' })
    expect((await read).status).toBe(200)
    expect(timers.beyond(4_000)).toBe(before)
  }
})

test('[AUTH5] links that have expired are forgotten, however many sessions have them', async () => {
  const journal = createMemoryJournal()
  let time = Date.parse('2026-01-01T00:00:00.000Z')
  let ids = 0
  const links = new ShareLinks({
    journal,
    most: 1_000,
    newId: () => `link ${(ids += 1)}`,
    now: () => new Date(time).toISOString(),
    clock: () => time,
    onRevoked: () => undefined,
  })
  const still = () => ({ ok: true, value: null }) as const
  const redeemed = async (session_id: string, lasts: number) => {
    const expires_at = new Date(time + lasts).toISOString()
    const asked = { role: 'viewer', expires_at, by: { id: 'ann' }, still } as const
    const made = await links.create(session_id, asked)
    const grant = made.ok ? await links.redeem(made.value.token) : undefined
    if (!grant) throw new Error('a link was not redeemed')
    return grant
  }
  const names = Array.from({ length: 50 }, (_, n) => `s${n}`)
  for (const name of [...names, 'last']) await journal.createSession(session(name))
  const short = []
  for (const name of names) short.push(await redeemed(name, 1_000))
  const lasting = await redeemed('s0', HOUR)
  time += 2_000
  for (let n = 0; n < names.length; n += 1) await redeemed('last', HOUR)
  expect(short.filter((grant) => links.isLive(grant))).toEqual([])
  expect(links.isLive(lasting)).toBe(true)
})
