import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { createMemoryJournal, type Journal } from '../src/journal/index.js'
import { quickApp, testApp } from './harness.js'
import { SlowTimers } from './slow-timers.js'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Lets go of what is held by nobody. A turn must end first: weak references hold for its length. */
async function collected(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
  collect()
  await new Promise((resolve) => setImmediate(resolve))
}

/** A journal that tells which sessions are read, and can be told to act at each of its calls. */
function watched() {
  const real = createMemoryJournal()
  const opened: string[] = []
  const watch = { opened, act: async (): Promise<void> => undefined }
  const journal = Object.fromEntries(
    Object.entries(real).map(([name, method]) => [
      name,
      async (...args: unknown[]) => {
        if (name === 'loadSession') opened.push(String(args[0]))
        await watch.act()
        const answer = await (method as (...args: unknown[]) => Promise<unknown>)(...args)
        await watch.act()
        return answer
      },
    ]),
  ) as unknown as Journal
  return { journal, watch }
}

const create = (node_id: string) => ({ blueprint_type_id: 'task', name: 'a', node_id })
const rename = (new_value: string) => ({ node_id: 'n', property_id: 'name', new_value })

test('[STORE2] [SYNC1] an idle session leaves memory and comes back as it was', async () => {
  const timers = new SlowTimers()
  const { journal, watch } = watched()
  await using app = await quickApp({ journal, after: timers.after })
  const client = await app.client()
  await client.join('s')
  await client.execute('s', 'CreateNode', create('n'))
  await client.execute('s', 'UpdateProperty', rename('b'), { command_id: 'c' })
  await client.ask('leave_session', { session_id: 's' })
  const graph = (await app.api('GET', '/graph?session_id=s')).body
  watch.opened.length = 0
  timers.idle()
  await collected()
  // The ring of recent entries, undo, retries and the graph: all from the journal.
  const late = await app.client()
  const joined = await late.ask('join_session', { session_id: 's', stream: 'changes', last_seq: 1 })
  expect(joined).toMatchObject({ seq: 2, epoch: graph.epoch, entries: [{ seq: 2 }] })
  expect(watch.opened).toEqual(['s'])
  expect((await app.api('GET', '/graph?session_id=s')).body).toEqual(graph)
  const retry = await late.execute('s', 'UpdateProperty', rename('b'), { command_id: 'c' })
  expect(retry).toMatchObject({ ok: true, seq: 2, duplicate: true })
  expect(await late.ask('undo_command', { session_id: 's' })).toMatchObject({ ok: true, seq: 3 })
})

test('[STORE2] a session that somebody is in, or asks for, stays in memory', async () => {
  const timers = new SlowTimers()
  const { journal, watch } = watched()
  await using app = await quickApp({ journal, after: timers.after })
  await (await app.client()).join('member')
  await app.graphClient('graph')
  await app.api('POST', '/sessions', { session_id: 'asked' })
  watch.opened.length = 0
  for (let i = 0; i < 12; i += 1) {
    timers.fire()
    expect((await app.api('GET', '/sessions/asked')).status).toBe(200)
  }
  await collected()
  for (const id of ['member', 'graph', 'asked']) await app.api('GET', `/sessions/${id}`)
  expect(watch.opened).toEqual([])
})

test('[STORE2] [IDEM1] letting go at every step of every call loses and doubles nothing', async () => {
  const timers = new SlowTimers()
  const { journal, watch } = watched()
  watch.act = async () => {
    timers.idle()
    await collected()
  }
  await using app = await quickApp({ journal, after: timers.after })
  const member = await (await app.client()).join('s', { stream: 'changes' })
  const outside = await app.client()
  const template = { template_id: 'film-production', project_name: 'p' }
  const project = app.api('POST', '/projects', template)
  const nodes = Array.from({ length: 8 }, (_, i) => `n${i}`)
  const acks = nodes.map((id) => [
    outside.execute('t', 'CreateNode', create(id), { command_id: id }),
    app.api('POST', '/commands/execute', {
      session_id: 't',
      command_type: 'CreateNode',
      data: create(id),
      command_id: id,
    }),
  ])
  await app.api('POST', '/sessions', { session_id: 't' })
  await Promise.all(acks.flat())
  const again = await Promise.all(
    nodes.map((id) => outside.execute('t', 'CreateNode', create(id), { command_id: id })),
  )
  expect(again.every(({ ok }) => ok)).toBe(true)
  const { entries } = (await app.api('GET', '/sessions/t/changes')).body as { entries: object[] }
  expect(entries.map((entry) => (entry as { seq: number }).seq)).toEqual(nodes.map((_, i) => i + 1))
  const { project_id } = (await project).body as { project_id: string }
  expect(await app.api('POST', `/projects/${project_id}/save`)).toMatchObject({ status: 200 })
  expect(await app.api('POST', `/projects/${project_id}/load`, {})).toMatchObject({ status: 200 })
  for (const id of nodes) await member.execute('s', 'CreateNode', create(id))
  await member.settled()
  const seen = member.of('session:changes').flatMap((frame) => frame.entries as { seq: number }[])
  expect(seen.map(({ seq }) => seq)).toEqual(nodes.map((_, i) => i + 1))
})

test('[JOIN4] a join in flight while its session is let go is in the session', async () => {
  const timers = new SlowTimers()
  const { journal, watch } = watched()
  await using app = await quickApp({ journal, after: timers.after })
  await app.api('POST', '/sessions', { session_id: 's' })
  timers.idle()
  await collected()
  watch.act = async () => {
    timers.idle()
    await collected()
  }
  const client = await app.client()
  const joining = client.ask('join_session', { session_id: 's' })
  const executing = client.execute('s', 'CreateNode', create('n'))
  expect(await Promise.all([joining, executing])).toMatchObject([
    { ok: true },
    { ok: true, seq: 1 },
  ])
  expect((await client.next('node-created')).seq).toBe(1)
})

test('[STORE2] zero minutes: sessions stay', async () => {
  const ended: number[] = []
  const args = ['--idle-minutes', '0']
  await using app = await testApp({ args, after: (ms) => void ended.push(ms) })
  await app.api('POST', '/sessions', { session_id: 's' })
  // What is too old is looked for every hour.
  expect(ended.filter((ms) => ms >= 60_000)).toEqual([3_600_000])
})
