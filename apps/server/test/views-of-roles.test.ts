import { expect, test } from 'vitest'
import type { RawClient } from './harness.js'
import {
  admit,
  asks,
  clientOf,
  company,
  execute,
  graphClientOf,
  joined,
  type Company,
} from './staff.js'
import { bearer } from './tokens.js'

const P = { node_id: 'p' }
const set = (property_id: string, new_value: unknown) =>
  ['UpdateProperty', { ...P, property_id, new_value }] as const

async function hired(): Promise<Company> {
  const at = await company()
  const properties = { salary: '4200', phone: '1' }
  const person = { blueprint_type_id: 'person', ...P, parent_id: at.root, properties }
  await execute(at, 'ann', ['CreateNode', person])
  return at
}

type Entry = { seq: number; changes: { type: string; property_id?: string }[] }

/** What a follower of `changes` was sent, by seq. */
function entriesOf(client: RawClient): Entry[] {
  return client.of('session:changes').flatMap(({ entries }) => entries as Entry[])
}

async function graphOf(at: Company, sub: string, headers: object = {}) {
  return asks(at, sub, ['GET', `/graph?session_id=${at.session_id}`, undefined, headers])
}

test('[VIEW2] [CMD5] entries keep their seq, and events their lifecycle', async () => {
  const at = await hired()
  await using _ = at.app
  const [vic, eve] = [await joined(at, 'vic', { stream: 'changes' }), await joined(at, 'eve')]
  await execute(at, 'ann', set('salary', '5000'))
  await execute(at, 'ann', set('phone', '2'))
  await vic.next('session:changes', ({ entries }) =>
    (entries as Entry[]).some(({ seq }) => seq === 4),
  )
  expect(entriesOf(vic).map(({ seq, changes }) => [seq, changes.length])).toEqual([
    [3, 0],
    [4, 1],
  ])
  await eve.next('command:executed', ({ seq }) => seq === 4)
  expect(eve.names().filter((name) => name.includes('-') || name.startsWith('command:'))).toEqual([
    'command:executing',
    'command:executed',
    'command:executing',
    'property-changed',
    'command:executed',
  ])
})

test('[VIEW3] histories count and name only what the role sees', async () => {
  const at = await hired()
  await using _ = at.app
  await execute(at, 'ann', set('salary', '5000'))
  const path = `/sessions/${at.session_id}`
  const summaries = async (sub: string) => {
    const { body } = await asks(at, sub, ['GET', `${path}/history?limit=1`])
    return (body.entries as { summary: object }[]).map(({ summary }) => summary)
  }
  expect(await summaries('ann')).toMatchObject([{ properties_set: 1, node_ids: ['p'] }])
  expect(await summaries('vic')).toMatchObject([{ properties_set: 0, node_ids: [] }])
  const seqs = async (sub: string) => {
    const { body } = await asks(at, sub, ['GET', `${path}/nodes/p/history`])
    return (body.entries as Entry[]).map(({ seq }) => seq)
  }
  expect(await seqs('ann')).toEqual([3, 2])
  expect(await seqs('vic')).toEqual([2])
})

test('[VIEW4] [READ2] what a role sees has its own epoch and ETag, and says what it varies by', async () => {
  const at = await hired()
  await using _ = at.app
  const [ann, vic] = [await graphOf(at, 'ann'), await graphOf(at, 'vic')]
  expect(vic.body.epoch).not.toBe(ann.body.epoch)
  expect(String(vic.body.epoch)).toContain(String(ann.body.epoch))
  const tag = vic.headers.get('etag') ?? ''
  expect(tag).toBe(`W/"${String(vic.body.epoch)}:2:${String(vic.body['template_digest'])}"`)
  expect(vic.headers.get('vary')).toMatch(/Authorization, X-Share-Token/)
  const asked = { headers: { 'if-none-match': tag } }
  const url = `${at.app.url}/api/v1/graph?session_id=${at.session_id}`
  const again = async (sub: string) =>
    fetch(url, { headers: { ...asked.headers, ...(await bearer(sub)) } })
  const unchanged = await again('vic')
  expect([unchanged.status, unchanged.headers.get('vary')]).toEqual([
    304,
    expect.stringMatching('Authorization'),
  ])
  expect((await again('ann')).status).toBe(200)
})

test('[VIEW4] [SYNC3] who comes back with another role takes a snapshot', async () => {
  const at = await hired()
  await using _ = at.app
  const { session_id } = at
  const epoch = String((await graphOf(at, 'vic')).body.epoch)
  const how = { session_id, stream: 'changes', last_seq: 1, epoch }
  const vic = await clientOf(at, 'vic')
  expect(await vic.ask('join_session', how)).toMatchObject({ epoch, entries: [{ seq: 2 }] })
  await admit(at, 'vic', 'owner')
  const promoted = await clientOf(at, 'vic')
  expect(await promoted.ask('join_session', how)).toMatchObject({ snapshot_required: true })
})

test.for(['events', 'changes', 'graph'] as const)(
  '[VIEW5] a demotion shows at once to a follower of %s, who begins anew',
  async (stream) => {
    const at = await hired()
    await using _ = at.app
    await admit(at, 'eve', 'owner')
    const eve =
      stream === 'graph' ? await graphClientOf(at, 'eve') : await joined(at, 'eve', { stream })
    await execute(at, 'ann', set('salary', '5000'))
    await eve.settled()
    expect(JSON.stringify(eve.received)).toContain('5000')
    eve.clear()
    await admit(at, 'eve', 'editor')
    await execute(at, 'ann', set('salary', '6000'))
    await execute(at, 'ann', set('phone', '2'))
    await eve.settled()
    const { epoch } = (await graphOf(at, 'eve')).body
    expect(eve.names().slice(0, 2)).toEqual(['permissions:changed', 'resync:required'])
    expect(eve.of('resync:required')).toMatchObject([{ seq: 3, epoch, role: 'editor' }])
    expect(JSON.stringify(eve.received)).not.toContain('6000')
    expect(JSON.stringify(eve.received)).toContain('phone')
  },
)

test('[VIEW5] a promotion shows more, and a role that shows the same says nothing', async () => {
  const at = await hired()
  await using _ = at.app
  const vic = await joined(at, 'vic')
  await admit(at, 'vic', 'commenter')
  await execute(at, 'ann', set('phone', '2'))
  await vic.settled()
  expect(vic.of('resync:required')).toEqual([])
  await admit(at, 'vic', 'owner')
  await execute(at, 'ann', set('salary', '5000'))
  await vic.settled()
  expect(vic.of('resync:required')).toMatchObject([{ role: 'owner' }])
  expect(vic.of('property-changed').at(-1)).toMatchObject({
    property_id: 'salary',
    new_value: '5000',
  })
})

test('[VIEW5] [AUTH5] a share link that ends takes its view along', async () => {
  const at = await hired()
  await using _ = at.app
  // Longer than joining and one edit take on a busy machine.
  const expires_at = new Date(Date.now() + 4_000).toISOString()
  const path = `/sessions/${at.session_id}/share-links`
  const made = await asks(at, 'ann', ['POST', path, { role: 'editor', expires_at }])
  const vic = await clientOf(at, 'vic', { share_token: made.body.token })
  await vic.ask('join_session', { session_id: at.session_id })
  await execute(at, 'ann', set('review', 'good'))
  expect(await vic.next('property-changed')).toMatchObject({ new_value: 'good' })
  expect(await vic.next('resync:required')).toMatchObject({ role: 'viewer' })
  await execute(at, 'ann', set('review', 'better'))
  await vic.settled()
  expect(vic.of('property-changed')).toHaveLength(1)
})

test('[VIEW5] [AUTH4] who has no role any longer is told nothing more', async () => {
  const at = await hired()
  await using _ = at.app
  const vic = await joined(at, 'vic')
  const gone = asks(at, 'ann', ['DELETE', `/sessions/${at.session_id}/members/vic`])
  await Promise.all([gone, execute(at, 'ann', set('phone', '2'))])
  await vic.next('error')
  vic.clear()
  await execute(at, 'ann', set('phone', '3'))
  await vic.settled()
  expect(vic.received).toEqual([])
})

test('[VIEW6] refusals of others name no values', async () => {
  const at = await hired()
  await using _ = at.app
  const [vic, ann] = [await joined(at, 'vic'), await joined(at, 'ann')]
  await execute(at, 'ann', set('grade', 'much'))
  const expected = 'a number, a numeric string or an empty string'
  const detail = { path: '/data/new_value', expected }
  expect((await vic.next('command:failed')).error).toMatchObject({ details: [detail] })
  expect(JSON.stringify(vic.received)).not.toContain('much')
  expect((await ann.next('command:failed')).error).toMatchObject({
    details: [{ ...detail, actual: 'much' }],
  })
})
