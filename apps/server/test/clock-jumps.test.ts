import { expect, test } from 'vitest'
import { quickApp, testApp, type TestApp } from './harness.js'

const HOUR = 3_600_000

/** A clock that jumps by hours, now one way, now the other, at every look at it. */
function jumpingClock(): () => string {
  let time = Date.parse('2026-01-01T12:00:00.000Z')
  let looks = 0
  return () => {
    looks += 1
    time += looks % 3 === 0 ? -2 * HOUR : HOUR
    return new Date(time).toISOString()
  }
}

async function seqsOf(app: TestApp): Promise<number[]> {
  const { entries } = (await app.api('GET', '/sessions/s/changes')).body as {
    entries: { seq: number }[]
  }
  return entries.map(({ seq }) => seq)
}

test('reliability row 19: [CMD5] [SYNC2] whatever the clock says, seq is the order', async () => {
  await using app = await testApp({ now: jumpingClock() })
  const follower = await (await app.client()).join('s', { stream: 'changes' })
  const client = await (await app.client()).join('s')
  const ids = Array.from({ length: 20 }, (_, i) => `n${i}`)
  for (const node_id of ids) {
    await client.execute('s', 'CreateNode', { blueprint_type_id: 'task', name: 'a', node_id })
  }
  await client.ask('undo_command', { session_id: 's' })
  await follower.settled()
  const entries = follower
    .of('session:changes')
    .flatMap((frame) => frame.entries as { seq: number; timestamp: string }[])
  const order = entries.map((_, i) => i + 1)
  expect(entries.map(({ seq }) => seq)).toEqual(order)
  const times = entries.map(({ timestamp }) => timestamp)
  expect(times).not.toEqual(times.toSorted())
  // The undo took the last command, and the restart finds the same order.
  const graph = (await app.api('GET', '/graph?session_id=s')).body
  expect(graph.roots).toEqual(ids.slice(0, -1))
  await using again = await app.restart()
  expect(await seqsOf(again)).toEqual(order)
  expect((await again.api('GET', '/graph?session_id=s')).body).toEqual(graph)
  const late = await again.client()
  const joined = await late.ask('join_session', {
    session_id: 's',
    stream: 'changes',
    last_seq: 18,
  })
  expect(joined).toMatchObject({ seq: 21, entries: [{ seq: 19 }, { seq: 20 }, { seq: 21 }] })
})

test('reliability row 19: timers ask no clock', async () => {
  const looked: string[] = []
  const timers: (() => void)[] = []
  const now = () => {
    looked.push('now')
    return new Date(0).toISOString()
  }
  await using app = await quickApp({ now, after: (_, work) => void timers.push(work) })
  await app.api('POST', '/sessions', { session_id: 's' })
  looked.length = 0
  for (let i = 0; i < 8; i += 1) for (const fire of timers.splice(0)) fire()
  expect(looked).toEqual([])
})
