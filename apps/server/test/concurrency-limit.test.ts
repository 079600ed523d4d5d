import { expect, test } from 'vitest'
import { type Concurrency, ConcurrencyLimit } from '../src/limits/concurrency.js'

const MOST: Concurrency = {
  total: 2,
  perSession: 2,
  perUser: 1,
  units: 100,
  waiting: 4,
  waitingPerUser: 2,
  patienceMs: 1_000,
}

/** A limit whose waits end when the test says so. */
function limited(most: Partial<Concurrency> = {}) {
  const patience: (() => void)[] = []
  const limit = new ConcurrencyLimit('reads', { ...MOST, ...most }, (_, work, signal) => {
    if (!signal?.aborted) patience.push(() => signal?.aborted || work())
  })
  const order: string[] = []
  const ask = (
    user: string,
    { session_id = 's', units = 1 } = {},
    client = new AbortController(),
  ) => {
    const asked = limit.acquire({ user, session_id, units }, client.signal)
    void asked.then(({ ok }) => order.push(ok ? user : `${user} refused`))
    return { asked, client }
  }
  const permitOf = async ({ asked }: ReturnType<typeof ask>) => {
    const admitted = await asked
    if (!admitted.ok) throw new Error(admitted.error.code)
    return admitted.value
  }
  const losePatience = () => {
    for (const end of patience.splice(0)) end()
  }
  return { limit, ask, permitOf, order, losePatience }
}

async function turns(): Promise<void> {
  for (let i = 0; i < 5; i += 1) await Promise.resolve()
}

test('[LIM16] so many run in all and of one user; the users take turns', async () => {
  const { ask, permitOf, order, limit } = limited()
  const [a, b] = [await permitOf(ask('a')), await permitOf(ask('b'))]
  for (const user of ['a', 'a', 'c']) ask(user)
  await turns()
  expect(limit.load).toEqual({ running: 2, waiting: 3, paused: 0 })
  a.release()
  await turns()
  expect(order).toEqual(['a', 'b', 'a'])
  b.release()
  await turns()
  expect(order).toEqual(['a', 'b', 'a', 'c'])
  // Given back once, however often it is said.
  b.release()
  expect(limit.load).toEqual({ running: 2, waiting: 1, paused: 0 })
})

test('[LIM16] few of a user and few in all may wait, and none for long', async () => {
  const { ask, permitOf, order, losePatience } = limited({ total: 1 })
  await permitOf(ask('a'))
  const codes = ['b', 'b', 'b', 'c', 'c', 'd'].map((user) => ask(user).asked)
  await turns()
  const refused = (await Promise.all([codes[2], codes[5]])).map((each) => !each?.ok && each?.error)
  expect(refused).toMatchObject([{ code: 'RATE_LIMITED' }, { code: 'OVERLOADED' }])
  losePatience()
  await turns()
  expect(order).toEqual([
    'a',
    'b refused',
    'd refused',
    ...['b', 'b', 'c', 'c'].map((u) => `${u} refused`),
  ])
})

test('[LIM16] what is large runs alone, and what comes later does not pass it by', async () => {
  const { ask, permitOf, order } = limited()
  const small = await permitOf(ask('a'))
  const large = ask('b', { units: 1_000 })
  ask('c')
  await turns()
  expect(order).toEqual(['a'])
  small.release()
  const permit = await permitOf(large)
  await turns()
  expect(order).toEqual(['a', 'b'])
  permit.release()
  await turns()
  expect(order).toEqual(['a', 'b', 'c'])
})

test('[LIM16] a client that goes gives back its permit, and its place in the queue', async () => {
  const { ask, permitOf, limit } = limited({ total: 1 })
  const working = ask('a')
  const permit = await permitOf(working)
  const waiting = ask('b')
  waiting.client.abort()
  expect(await waiting.asked).toMatchObject({ ok: false })
  working.client.abort()
  expect(permit.gone.aborted).toBe(true)
  expect(limit.load).toEqual({ running: 0, waiting: 0, paused: 0 })
  // Gone before it asked.
  const late = ask('c', {}, working.client)
  expect((await permitOf(late)).gone.aborted).toBe(true)
  expect(limit.load.running).toBe(0)
})

test('[LIM16] who waits for a slow client lets others work; who holds too much is ended', async () => {
  const { ask, permitOf, limit } = limited({ total: 1, units: 10 })
  const slow = await permitOf(ask('a', { units: 10 }))
  slow.pause()
  const other = await permitOf(ask('b', { units: 10 }))
  const resumed = slow.resume()
  await turns()
  expect(limit.load).toEqual({ running: 1, waiting: 1, paused: 1 })
  other.pause()
  await resumed
  expect(limit.load).toEqual({ running: 1, waiting: 0, paused: 1 })
  slow.pause()
  // Twice as much as may run together may be kept for slow clients.
  const third = await permitOf(ask('c', { units: 10 }))
  third.pause()
  const ended = [slow, other, third].filter(({ gone }) => gone.aborted)
  expect(ended).toHaveLength(1)
  await expect(ended[0]?.resume()).rejects.toThrow('aborted')
})
