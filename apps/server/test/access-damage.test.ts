import { join } from 'node:path'
import { DatabaseSync } from '@photostructure/sqlite'
import { expect, test } from 'vitest'
import { verifyFile } from '../src/commands/verify.js'
import { testApp, type TestApp } from './harness.js'
import { newFolder, ran } from './stored-folder.js'
import { bearer, SECRET, tokenFor } from './tokens.js'

const AUTH = ['--jwt-secret', SECRET, '--admins', 'root']

type Stored = { dataDir: string; session_id: string; other: string; token: string; link_id: string }

async function made(app: TestApp): Promise<string> {
  const { status, body } = await app.api('POST', '/sessions', {}, await bearer('ann'))
  expect(status).toBe(201)
  return String(body.session_id)
}

/** Two sessions of ann's, in the first of which vic looks on and a link lets others look on. */
async function stored(): Promise<Stored> {
  const dataDir = join(await newFolder(), 'data')
  await using app = await testApp({ dataDir, args: AUTH })
  const [session_id, other] = [await made(app), await made(app)]
  const path = `/sessions/${session_id}`
  const ann = await bearer('ann')
  for (const role of ['editor', 'viewer']) {
    const { status } = await app.api('PUT', `${path}/members/vic`, { role }, ann)
    expect(status).toBe(200)
  }
  const { body } = await app.api('POST', `${path}/share-links`, { role: 'viewer' }, ann)
  const { token, link } = body as { token: string; link: { link_id: string } }
  return { dataDir, session_id, other, token, link_id: link.link_id }
}

function change(dataDir: string, statement: string): void {
  const database = new DatabaseSync(join(dataDir, 'talus.db'))
  expect(database.prepare(statement).run().changes).toBe(1)
  database.exec('pragma wal_checkpoint(truncate)')
  database.close()
}

const DAMAGED = {
  code: 'STORAGE_UNAVAILABLE',
  message: expect.stringContaining('damaged') as unknown,
  retryable: false,
  details: [{ actual: 'damaged' }],
}

test('[STORE1] GET /sessions marks a damaged session', { timeout: 0 }, async () => {
  const { dataDir, session_id, other } = await stored()
  change(dataDir, `update sessions set epoch = 'x' where session_id = '${session_id}'`)
  await using app = await testApp({ dataDir, args: AUTH })
  const { body } = await app.api('GET', '/sessions', undefined, await bearer('ann'))
  const sessions = body.sessions as { session_id: string; damaged?: true }[]
  expect(sessions.map((one) => [one.session_id, one.damaged])).toEqual([
    [session_id, true],
    [other, undefined],
  ])
})

test.each([
  ['a role', 'vic', `role = 'owner'`],
  ['an actor', 'eve', `actor_id = 'eve'`],
  ['a giver', 'vic', `added_by = 'eve'`],
  ['a digest', 'vic', `digest = ''`],
])(
  '[STORE1] a member with %s that nobody wrote: the session is refused and named, others go on',
  { timeout: 0 },
  async (_, named, set) => {
    const { dataDir, session_id, other } = await stored()
    change(dataDir, `update members set ${set} where actor_id = 'vic'`)
    const place = `Session ${session_id}: the role of ${named} is damaged`
    expect(verifyFile(join(dataDir, 'talus.db')).sessions).toMatchObject(
      expect.arrayContaining([
        { session_id, damage: place, seq: 0, graph_hash: null },
        { session_id: other, damage: null, seq: 0, graph_hash: expect.any(String) },
      ]) as object,
    )
    const inspected = await ran('inspect', '--json', '--data-dir', dataDir)
    expect(JSON.parse(inspected.stdout)).toMatchObject({
      sessions: expect.arrayContaining([
        expect.objectContaining({ session_id, damage: place }),
        expect.objectContaining({ session_id: other, damage: null }),
      ]) as unknown,
    })
    await using app = await testApp({ dataDir, args: AUTH })
    for (const sub of ['vic', 'eve', 'ann']) {
      const auth = await bearer(sub)
      const read = await app.api('GET', `/graph?session_id=${session_id}`, undefined, auth)
      expect([sub, read.status, read.body]).toMatchObject([sub, 503, { error: DAMAGED }])
      const put = await app.api('PUT', `/sessions/${session_id}/members/x`, { role: 'owner' }, auth)
      expect([sub, put.status, put.body]).toMatchObject([sub, 503, { error: DAMAGED }])
      const client = await app.client({ auth: { token: await tokenFor(sub) } })
      const joined = await client.ask('join_session', { session_id })
      expect([sub, joined]).toMatchObject([sub, { ok: false, error: DAMAGED }])
    }
    const others = await app.api(
      'GET',
      `/graph?session_id=${other}`,
      undefined,
      await bearer('ann'),
    )
    expect(others.status).toBe(200)
    const listed = await app.api('GET', '/sessions', undefined, await bearer('ann'))
    expect(listed.status).toBe(200)
  },
)

test.each([
  ['a role', `update share_links set role = 'owner'`],
  ['an end', `update share_links set expires_at = '2999-01-01T00:00:00.000Z'`],
])(
  '[STORE1] a share link with %s that nobody wrote gives nothing',
  { timeout: 0 },
  async (_, sql) => {
    const { dataDir, session_id, token, link_id } = await stored()
    change(dataDir, sql)
    const place = `Session ${session_id}: the share link ${link_id} is damaged`
    expect(verifyFile(join(dataDir, 'talus.db'))).toMatchObject({
      ok: false,
      sessions: expect.arrayContaining([
        { session_id, damage: place, seq: 0, graph_hash: null },
      ]) as unknown,
    })
    await using app = await testApp({ dataDir, args: AUTH })
    const shared = { 'x-share-token': token }
    const read = await app.api('GET', `/graph?session_id=${session_id}`, undefined, shared)
    expect([read.status, read.body]).not.toMatchObject([200])
    const links = `/sessions/${session_id}/share-links`
    const listed = await app.api('GET', links, undefined, await bearer('ann'))
    expect([listed.status, listed.body]).toMatchObject([503, { error: DAMAGED }])
    // Its owner can still take it away, and the session is whole again.
    const gone = await app.api('DELETE', `${links}/${link_id}`, undefined, await bearer('ann'))
    expect(gone.status).toBe(200)
    expect((await app.api('GET', links, undefined, await bearer('ann'))).status).toBe(200)
  },
)
