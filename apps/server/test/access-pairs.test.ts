import type { Role } from '@talus/protocol'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { quickApp, type RawClient, type TestApp } from './harness.js'
import { SteppedJournal } from './stepped-journal.js'
import { TEMPLATES } from './staff.js'
import { bearer, SECRET, tokenFor } from './tokens.js'

/**
 * Every change of access against every request of somebody whom it concerns, one held at each of its
 * calls of the journal while the other runs (rules AUTH8, AUTH9).
 */

/** A company of ann's in which mal has a role, by membership or by a link. */
type Scene = {
  app: TestApp
  stepped: SteppedJournal
  session_id: string
  project_id: string
  root: string
  by: object
  link_id: string
  /** By which mal came, if not as a member. */
  own_link_id: string | undefined
  root_client: RawClient
  graph_client: RawClient
}

/** What mal may do, and by what. */
type Standing = { role: Role; by: 'member' | 'link' }

type Ways = { app: TestApp; stepped: SteppedJournal }

const args = ['--jwt-secret', SECRET, '--admins', 'chief']
const UNLIMITED = ['request-rate', 'command-rate-per-user', 'new-session-rate'].flatMap((name) => [
  `--${name}`,
  '0',
])

/** What mal asks for, and how. The strongest role that is asked of anything is that of mal. */
const REQUESTS: Record<string, (scene: Scene) => Promise<unknown>> = {
  CreateSession: ({ app, session_id, by }) => app.api('POST', '/sessions', { session_id }, by),
  LoadProject: ({ app, project_id, by }) => app.api('POST', `/projects/${project_id}/load`, {}, by),
  SaveProject: ({ app, project_id, by }) =>
    app.api('POST', `/projects/${project_id}/save`, undefined, by),
  DeleteProject: ({ app, project_id, by }) =>
    app.api('DELETE', `/projects/${project_id}`, undefined, by),
  DeleteSession: ({ app, session_id, by }) =>
    app.api('DELETE', `/sessions/${session_id}`, undefined, by),
  Restore: ({ app, session_id, by }) =>
    app.api('POST', `/sessions/${session_id}/restore`, { seq: 1 }, by),
  PutMember: ({ app, session_id, by }) =>
    app.api('PUT', `/sessions/${session_id}/members/friend`, { role: 'owner' }, by),
  RemoveOwner: ({ app, session_id, by }) =>
    app.api('DELETE', `/sessions/${session_id}/members/ann`, undefined, by),
  CreateShareLink: ({ app, session_id, by }) =>
    app.api('POST', `/sessions/${session_id}/share-links`, { role: 'editor' }, by),
  DeleteShareLink: ({ app, session_id, link_id, by }) =>
    app.api('DELETE', `/sessions/${session_id}/share-links/${link_id}`, undefined, by),
  Execute: ({ app, session_id, root, by }) =>
    app.api('POST', '/commands/execute', { session_id, ...rename(root) }, by),
  Undo: ({ app, session_id, by }) => app.api('POST', `/sessions/${session_id}/undo`, {}, by),
  'execute on /': ({ root_client, session_id, root }) =>
    root_client.ask('execute_command', { session_id, ...rename(root) }),
  'undo on /': ({ root_client, session_id }) => root_client.ask('undo_command', { session_id }),
  'execute on /graph': ({ graph_client, root }) =>
    graph_client.ask('execute_command', rename(root)),
  'undo on /graph': ({ graph_client }) => graph_client.ask('undo_command', {}),
}

function rename(node_id: string) {
  const data = { node_id, property_id: 'name', new_value: 'by mal' }
  return { command_type: 'UpdateProperty', data }
}

/** What ends or lessens what mal may do; each leaves mal with this role at most. */
const CHANGES: Record<string, { least: Role | null; run: (scene: Scene) => Promise<unknown> }> = {
  'delete session': {
    least: null,
    run: async ({ app, session_id }) =>
      app.api('DELETE', `/sessions/${session_id}`, undefined, await bearer('ann')),
  },
  'remove member': {
    least: null,
    run: async ({ app, session_id }) =>
      app.api('DELETE', `/sessions/${session_id}/members/mal`, undefined, await bearer('ann')),
  },
  'change role': {
    least: 'viewer',
    run: async ({ app, session_id }) =>
      app.api(
        'PUT',
        `/sessions/${session_id}/members/mal`,
        { role: 'viewer' },
        await bearer('ann'),
      ),
  },
  'revoke link': {
    least: null,
    run: async ({ app, session_id, own_link_id }) => {
      const path = `/sessions/${session_id}/share-links/${own_link_id}`
      return app.api('DELETE', path, undefined, await bearer('ann'))
    },
  },
  // Membership stays; what is presented no longer counts.
  expiry: {
    least: 'owner',
    run: async () => void vi.setSystemTime(Date.now() + 3_600_000),
  },
}

afterEach(() => void vi.useRealTimers())

/** What mal presents: a token that ends after some minutes, or a link that does. */
async function presents(app: TestApp, session_id: string, { role, by }: Standing) {
  const ann = await bearer('ann')
  const expires = Math.floor(Date.now() / 1_000) + 600
  if (by === 'link') {
    const wanted = { role, expires_at: new Date(expires * 1_000).toISOString() }
    const { body } = await app.api('POST', `/sessions/${session_id}/share-links`, wanted, ann)
    const share_token = String(body.token)
    const { link_id } = body.link as { link_id: string }
    return { headers: { 'x-share-token': share_token }, auth: { share_token }, link_id }
  }
  await app.api('PUT', `/sessions/${session_id}/members/mal`, { role }, ann)
  const token = await tokenFor('mal', { expires })
  return { headers: { authorization: `Bearer ${token}` }, auth: { token }, link_id: undefined }
}

async function newScene({ app, stepped }: Ways, standing: Standing): Promise<Scene> {
  const ann = await bearer('ann')
  const made = { template_id: 'staff', project_name: 'Acme' }
  const { body } = await app.api('POST', '/projects', made, ann)
  const { session_id, project_id } = body as { session_id: string; project_id: string }
  const [root] = (body.graph as { roots: [string] }).roots
  const link = await app.api('POST', `/sessions/${session_id}/share-links`, { role: 'viewer' }, ann)
  const { link_id } = link.body.link as { link_id: string }
  const { headers: by, auth, link_id: own_link_id } = await presents(app, session_id, standing)
  const root_client = await (await app.client({ auth })).join(session_id)
  const graph_client = await app.graphClient(session_id, { auth: { ...auth, session_id } })
  await app.api('POST', '/commands/execute', { session_id, ...rename(root) }, by)
  const clients = { root_client, graph_client }
  return { app, stepped, session_id, project_id, root, by, link_id, own_link_id, ...clients }
}

/** What the store holds of the scene, and of whom. */
async function stateOf({ stepped: { journal }, session_id, project_id }: Scene) {
  const session = await journal.findSession(session_id)
  const project = await journal.findProject(project_id)
  const members = await journal.members(session_id)
  const links = await journal.shareLinks(session_id)
  return { session, project, members, links }
}

const RANK: (Role | null)[] = [null, 'viewer', 'commenter', 'editor', 'owner']

/** After the change mal has no more than it left, whatever came of the request. */
async function expectNoTakeover(scene: Scene, least: Role | null) {
  const { members, session } = await stateOf(scene)
  const roles = Object.fromEntries(members.map(({ actor_id, role }) => [actor_id, role]))
  expect(RANK.indexOf(roles.mal ?? null)).toBeLessThanOrEqual(RANK.indexOf(least))
  if (session) expect(roles.ann).toBe('owner')
}

/** What the journal was asked to write before the change: it was decided while mal might. */
const WRITES = /^(append|saveProject|delete|create|put)/

/** Requests that the same server answers, one after the other, before something takes long. */
const MEANWHILE = 5

/**
 * Whether something ends while the server does something else, however fast that is; what is held, or
 * waits for it, does not.
 */
async function endsSoon({ app }: Scene, work: Promise<unknown>): Promise<boolean> {
  let isOver = false
  void work.then(() => (isOver = true))
  const ann = await bearer('ann')
  for (let count = 0; count < MEANWHILE && !isOver; count += 1) {
    await app.api('GET', '/sessions', undefined, ann)
  }
  return isOver
}

async function requestHeld(ways: Ways, { request, change, count, ...standing }: Case) {
  const scene = await newScene(ways, standing)
  const held = ways.stepped.holdAfter(count)
  const asked = ask(scene, request)
  const call = await Promise.race([held, asked.then(() => undefined)])
  ways.stepped.let()
  if (!call) return false
  const changed = CHANGES[change]?.run(scene) ?? Promise.resolve()
  const isFirst = await endsSoon(scene, changed)
  const before = await stateOf(scene)
  call.release()
  await Promise.all([asked, changed])
  const after = await stateOf(scene)
  const isDecided = !isFirst || WRITES.test(call.method)
  expect([call.method, isDecided ? before : after]).toEqual([call.method, before])
  if (!isDecided) await expectNoTakeover(scene, CHANGES[change]?.least ?? null)
  leave(scene)
  return true
}

async function changeHeld(ways: Ways, { request, change, count, ...standing }: Case) {
  const { role } = standing
  const scene = await newScene(ways, standing)
  const held = ways.stepped.holdAfter(count)
  const changed = CHANGES[change]?.run(scene) ?? Promise.resolve()
  const call = await Promise.race([held, changed.then(() => undefined)])
  ways.stepped.let()
  if (!call) return false
  const asked = ask(scene, request)
  await endsSoon(scene, asked)
  call.release()
  await Promise.all([asked, changed])
  const isGone = (await stateOf(scene)).session === undefined
  const { members } = await stateOf(scene)
  const isOusted = !members.some(({ actor_id }) => actor_id === 'ann')
  // Who owned the session while the change had not begun might still oust ann, who then changes nothing.
  if (!isGone && !(role === 'owner' && isOusted)) {
    await expectNoTakeover(scene, CHANGES[change]?.least ?? null)
  }
  leave(scene)
  return true
}

/** What is under way when a socket is let go of has no answer. */
async function ask(scene: Scene, request: string): Promise<unknown> {
  return REQUESTS[request]?.(scene).catch(() => undefined)
}

function leave({ root_client, graph_client }: Scene): void {
  for (const { socket } of [root_client, graph_client]) socket.disconnect()
}

type Case = Standing & { request: string; change: string; count: number }

const OF_MEMBERS = ['delete session', 'remove member', 'change role', 'expiry']
const OF_LINKS = ['delete session', 'revoke link', 'expiry']

const PAIRS: (readonly [change: string, Role, Standing['by']])[] = [
  ...OF_MEMBERS.flatMap((change) =>
    (['viewer', 'editor', 'owner'] as const).map((role) => [change, role, 'member'] as const),
  ),
  ...OF_LINKS.flatMap((change) =>
    (['viewer', 'editor'] as const).map((role) => [change, role, 'link'] as const),
  ),
]

/** `pnpm test:long` takes all of them. */
const TRIED =
  process.env['TALUS_MATRIX'] === 'whole' ? PAIRS : PAIRS.filter(([, role]) => role === 'editor')

describe.each([
  ['the request', requestHeld],
  ['the change', changeHeld],
] as const)('%s is held at each of its calls', (_title, run) => {
  test.each(TRIED)('[AUTH8] [AUTH9] nobody outlasts: %s, as %s by %s', async (change, role, by) => {
    // Sockets and sleeps go by the real timers.
    vi.useFakeTimers({ toFake: ['Date'] })
    const stepped = new SteppedJournal()
    const options = { args: [...args, ...UNLIMITED], templatesDir: TEMPLATES }
    await using app = await quickApp({ ...options, journal: stepped.journal })
    let held = 0
    for (const request of Object.keys(REQUESTS)) {
      for (let count = 0; ; count += 1) {
        if (!(await run({ app, stepped }, { request, change, role, by, count }))) break
        held += 1
      }
    }
    // Time passes by itself: nothing of it can be held.
    expect(held > 0).toBe(change !== 'expiry' || run === requestHeld)
  })
})
