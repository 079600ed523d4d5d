import { expect, test } from 'vitest'
import { createMemoryJournal } from '../src/journal/index.js'
import { AccessChanges } from '../src/auth/access.js'
import { Memberships } from '../src/auth/memberships.js'
import { createFaults } from '../src/errors.js'
import { quickApp } from './harness.js'
import { bearer, SECRET, tokenFor } from './tokens.js'

/** Something that is read, and told only when the test says so. */
function held<T>() {
  const waiting: (() => void)[] = []
  let arrive = (): void => undefined
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve
  })
  return {
    arrived,
    async hold(read: Promise<T>): Promise<T> {
      const known = await read
      arrive()
      await new Promise<void>((resolve) => waiting.push(resolve))
      return known
    },
    release(): void {
      for (const resolve of waiting.splice(0)) resolve()
    },
  }
}

test('[AUTH5] a link that is revoked while it is looked up gives nothing', async () => {
  const journal = createMemoryJournal()
  const lookUp = held<Awaited<ReturnType<typeof journal.findShareLink>>>()
  let isHeld = true
  const findShareLink = (hash: string) => {
    const read = journal.findShareLink(hash)
    return isHeld ? lookUp.hold(read) : read
  }
  const args = ['--jwt-secret', SECRET]
  await using app = await quickApp({ journal: { ...journal, findShareLink }, args })
  const ann = await bearer('ann')
  await app.api('POST', '/sessions', { session_id: 's' }, ann)
  const made = await app.api('POST', '/sessions/s/share-links', { role: 'editor' }, ann)
  const connecting = app.client({ auth: { share_token: made.body.token } })
  await lookUp.arrived
  const { link_id } = made.body.link as { link_id: string }
  await app.api('DELETE', `/sessions/s/share-links/${link_id}`, undefined, ann)
  isHeld = false
  lookUp.release()
  await expect(connecting).rejects.toThrow('Authentication is required')
})

test('[AUTH3] roles that were read before a session went do not count in the next', async () => {
  const journal = createMemoryJournal()
  const listing = held<Awaited<ReturnType<typeof journal.members>>>()
  let isHeld = true
  const members = (session_id: string) => {
    const read = journal.members(session_id)
    return isHeld ? listing.hold(read) : read
  }
  const now = () => '2026-11-25T12:00:00Z'
  const record = { epoch: 'e', template_id: null, project_id: null, created_at: now() }
  const owner = (actor_id: string) =>
    ({ actor_id, name: null, role: 'owner', added_at: now(), added_by: actor_id }) as const
  const log = { error: () => undefined }
  const memberships = new Memberships({
    changes: new AccessChanges(),
    exclusively: undefined,
    most: 10,
    journal: { ...journal, members },
    now,
    faults: createFaults({ log, newId: () => 'id' }),
    onChanged: () => undefined,
  })
  await journal.createSession({ session_id: 's', ...record }, owner('ann'))
  const loading = memberships.load('s')
  await listing.arrived
  await journal.deleteSession('s')
  await journal.createSession({ session_id: 's', ...record }, owner('eve'))
  memberships.forget('s')
  isHeld = false
  listing.release()
  await loading
  expect(memberships.peek('s', 'ann')).toBeNull()
  expect(memberships.peek('s', 'eve')).toBe('owner')
})

test('[AUTH6] whose token has expired hears nothing more, by any door', async () => {
  const args = ['--jwt-secret', SECRET, '--jwt-clock-tolerance', '0']
  await using app = await quickApp({ args })
  const ann = await bearer('ann')
  await app.api('POST', '/sessions', { session_id: 's' }, ann)
  const token = await tokenFor('ann', { expires: Math.ceil(Date.now() / 1_000) + 1 })
  const root = await (await app.client({ auth: { token } })).join('s')
  const graph = await app.graphClient('s', { auth: { session_id: 's', token } })
  await Promise.all(
    [root, graph].map(
      ({ socket }) => new Promise((resolve) => void socket.once('disconnect', resolve)),
    ),
  )
  const before = [root.received.length, graph.received.length]
  const command = { command_type: 'CreateNode', data: { blueprint_type_id: 't' } }
  const by = { ...ann, 'x-session-id': 's' }
  expect((await app.api('POST', '/commands/execute', command, by)).status).toBe(200)
  const late = { authorization: `Bearer ${token}`, 'x-session-id': 's' }
  expect((await app.api('POST', '/commands/execute', command, late)).status).toBe(401)
  for (const options of [{ auth: { token } }, { auth: { token }, transports: ['polling'] }]) {
    await expect(app.client(options)).rejects.toThrow('expired')
  }
  expect([root.received.length, graph.received.length]).toEqual(before)
})
