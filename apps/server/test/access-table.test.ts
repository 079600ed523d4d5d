import {
  ACCESS_TABLE,
  VISITORS,
  type AccessRow,
  type RouteName,
  type VisitorName,
} from '@talus/protocol'
import { expect, test } from 'vitest'
import { waysTo, type Answered, type Asking } from './access/asking.js'
import { beforehand } from './access/requests.js'
import { newScene, stateOf, type Presents, type Scene } from './access/scene.js'
import { quickApp, type RawClient, type TestApp } from './harness.js'
import { bearer, SECRET, tokenFor } from './tokens.js'

const WITH_AUTH = { args: ['--jwt-secret', SECRET, '--admins', 'administrator'] }
const ALL = Object.keys(VISITORS) as VisitorName[]

/** Comings and goings are not what a denied request may cause or hide. */
const COMINGS = new Set(['session:connected', 'session:disconnected'])

/** The owner's clients in a room: one for each way to follow it. */
async function roomOf(app: TestApp, { session_id }: Scene): Promise<RawClient[]> {
  const token = await tokenFor('ann')
  const [events, changes] = [
    await app.client({ auth: { token } }),
    await app.client({ auth: { token } }),
  ]
  await events.join(session_id)
  await changes.join(session_id, { stream: 'changes' })
  return [events, changes, await app.graphClient(session_id, { auth: { token, session_id } })]
}

async function heardIn(room: readonly RawClient[]): Promise<string[]> {
  await Promise.all(room.map((client) => client.settled()))
  return room.flatMap((client) => client.names()).filter((name) => !COMINGS.has(name))
}

/** Somebody whose role is taken, and what has to be there before asking can succeed. */
async function prepare(app: TestApp, scene: Scene, { row, as }: { row: AccessRow; as: Presents }) {
  const headers = { owner: await bearer('ann'), visitor: as.headers }
  const leaver = `/sessions/${scene.session_id}/members/leaver`
  await app.api('PUT', leaver, { role: 'viewer' }, headers.owner)
  for (const step of beforehand(row.subject, scene)) {
    const session = step.path.startsWith('/commands') ? { session_id: scene.session_id } : {}
    const body = { ...step.body, ...session }
    const answer = await app.api('POST', step.path, body, headers[step.as])
    expect(answer.status).toBe(200)
  }
}

type Way = (asking: Asking) => Promise<Answered>

type Seen = Partial<Record<VisitorName, string>>

/** What comes of it for each, in a session of their own, where it can succeed. */
async function seenByAllowed(app: TestApp, row: AccessRow, way: Way): Promise<Seen> {
  const seen: Seen = {}
  for (const visitor of ALL.filter((name) => row.outcomes[name] === 'allowed')) {
    const scene = await newScene(app)
    const as = scene.visitors[visitor]
    await prepare(app, scene, { row, as })
    const { outcome } = await way({ app, scene, as, onEntered: async () => undefined })
    seen[visitor] = outcome
  }
  return seen
}

/** What comes of it for the others; nothing changes, nothing is told, and the room hears nothing. */
async function seenByDenied(app: TestApp, row: AccessRow, way: Way): Promise<Seen> {
  const scene = await newScene(app)
  const room = await roomOf(app, scene)
  const before = await stateOf(app, scene)
  const hush = async () => {
    await heardIn(room)
    for (const client of room) client.clear()
  }
  const seen: Seen = {}
  for (const visitor of ALL.filter((name) => row.outcomes[name] !== 'allowed')) {
    await hush()
    const as = scene.visitors[visitor]
    const { outcome, told } = await way({ app, scene, as, onEntered: hush })
    seen[visitor] = outcome
    expect(told).not.toContain(scene.secret)
    expect([visitor, await heardIn(room)]).toEqual([visitor, []])
    expect(await stateOf(app, scene)).toBe(before)
  }
  return seen
}

function titleOf({ subject, elevated }: AccessRow): string {
  const name = 'name' in subject ? subject.name : 'handshake'
  const where = 'namespace' in subject ? ` on ${subject.namespace}` : ''
  return `${subject.kind} ${name}${where}${elevated ? ', elevated' : ''}`
}

/** `pnpm test:long` goes every way to each row; `pnpm test` one, and each in turn. */
const IS_WHOLE = process.env['TALUS_MATRIX'] === 'whole'

test.each(ACCESS_TABLE.map((row, n) => [titleOf(row), row, n] as const))(
  '[AUTH2] [AUTH3] [AUTH5] who may, and who may not: %s',
  async (_title, row, n) => {
    await using app = await quickApp(WITH_AUTH)
    const ways = waysTo(row.subject, row.elevated)
    for (const way of IS_WHOLE ? ways : ways.slice(n % ways.length).slice(0, 1)) {
      const denied = await seenByDenied(app, row, way)
      const allowed = await seenByAllowed(app, row, way)
      expect({ ...denied, ...allowed }).toEqual(row.outcomes)
    }
  },
)

test('[AUTH2] who may read is told what the others are not, and the room hears who may write', async () => {
  await using app = await quickApp(WITH_AUTH)
  const scene = await newScene(app)
  const room = await roomOf(app, scene)
  const ask = (name: RouteName, visitor: VisitorName) =>
    waysTo({ kind: 'route', name }, false)[0]?.({
      app,
      scene,
      as: scene.visitors[visitor],
      onEntered: async () => undefined,
    })
  for (const name of ['GetGraph', 'GetChanges', 'GetHistory', 'ExportProject'] as const) {
    expect((await ask(name, 'viewer link'))?.told).toContain(scene.secret)
  }
  await heardIn(room)
  for (const client of room) client.clear()
  await ask('ExecuteCommandRoute', 'editor link')
  const heard = await heardIn(room)
  expect(heard).toContain('property-changed')
  expect(heard).toContain('session:changes')
  expect(heard).toContain('graph:property-changed')
})

test('[AUTH2] lists hold what the visitor has a role in, and nothing else', async () => {
  await using app = await quickApp(WITH_AUTH)
  const scene = await newScene(app)
  for (const path of ['/sessions', '/projects']) {
    const list = async (visitor: VisitorName) =>
      JSON.stringify((await app.api('GET', path, undefined, scene.visitors[visitor].headers)).body)
    expect(await list('stranger')).not.toContain(scene.session_id)
    expect(await list('viewer')).toContain(scene.session_id)
    expect(await list('administrator')).toContain(scene.session_id)
  }
})
