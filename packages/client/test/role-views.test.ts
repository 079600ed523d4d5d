import { fileURLToPath } from 'node:url'
import type { Role } from '@talus/protocol'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, rest, type Client, type Rest, type Session } from '../src/index.js'
import { Network } from './network.js'
import { eventually } from './eventually.js'
import { rejection } from './rejection.js'
import { TestServer } from './server.js'
import { SECRET, tokenFor } from './tokens.js'

const TEMPLATES = fileURLToPath(
  new URL('../../../apps/server/test/fixtures/access', import.meta.url),
)

let server: TestServer
const clients: Client[] = []

beforeAll(async () => {
  server = await TestServer.start('--jwt-secret', SECRET, '--templates-dir', TEMPLATES)
})

afterAll(async () => {
  for (const client of clients) client.close()
  await server[Symbol.asyncDispose]()
})

function client(actor: string, url = server.url): Client {
  const reconnect = { minDelayMs: 5, maxDelayMs: 40 }
  const connected = connect(url, { actor, token: tokenFor(actor), reconnect })
  clients.push(connected)
  return connected
}

/** A company of ann's, in which eve has a role. */
type Company = { api: Rest; session_id: string; root: string; ann: Session }

async function company(role: Role): Promise<Company> {
  const api = rest(server.url, { token: tokenFor('ann') })
  const made = await api.createProject({ template_id: 'staff', project_name: 'Acme' })
  const { session_id, graph } = made
  const at = {
    api,
    session_id,
    root: graph.roots[0] ?? '',
    ann: await client('ann').join(session_id),
  }
  await give(at, role)
  return at
}

async function give({ api, session_id }: Pick<Company, 'api' | 'session_id'>, role: Role) {
  await api.putMember({ session_id, actor_id: 'eve' }, { role })
}

async function hire({ ann, root }: Company, node_id: string): Promise<void> {
  const properties = { salary: '4200', phone: '1', review: 'good' }
  const data = { blueprint_type_id: 'person', node_id, parent_id: root, properties }
  await ann.execute('CreateNode', data)
}

const set = (session: Session, property_id: string, new_value: string) =>
  session.execute('UpdateProperty', { node_id: 'p', property_id, new_value })

/** What a client shows is what the server shows its actor. */
async function expectSame({ session_id }: Company, actor: string, session: Session) {
  const api = rest(server.url, { token: tokenFor(actor) })
  await eventually(async () => {
    const { nodes, seq } = await api.getGraph({ session_id })
    expect(session.seq).toBe(seq)
    expect([...session.graph.walk()].map(({ id, properties }) => ({ id, properties }))).toEqual(
      nodes.map(({ id, properties }) => ({ id, properties })),
    )
  })
}

function propertiesOf(session: Session) {
  return session.graph.node('p')?.properties ?? {}
}

test('[VIEW2] a replica of a limited view follows, whatever is done with what it lacks', async () => {
  const at = await company('editor')
  const eve = await client('eve').join(at.session_id)
  const statuses: unknown[] = []
  eve.on('status', (status) => statuses.push(status))
  await hire(at, 'p')
  await set(at.ann, 'salary', '5000')
  await set(at.ann, 'phone', '2')
  await at.ann.undo()
  await at.ann.undo()
  await at.ann.execute('DeleteNode', { node_id: 'p' })
  await at.ann.undo()
  await at.ann.redo()
  await at.ann.undo()
  await expectSame(at, 'eve', eve)
  expect(propertiesOf(eve)).toEqual({ phone: '1', review: 'good' })
  // It never had to begin anew.
  expect(statuses).toEqual([])
})

test('[VIEW1] [ACC2] own commands: nothing is foreseen that will not be shown', async () => {
  const at = await company('editor')
  await hire(at, 'p')
  const eve = await client('eve').join(at.session_id)
  const shown: object[] = []
  eve.graph.subscribe(() => shown.push(eve.graph.node('q')?.properties ?? {}))
  const data = { blueprint_type_id: 'person', node_id: 'q', parent_id: at.root }
  const created = eve.execute('CreateNode', { ...data, properties: { phone: '3' } })
  expect(eve.graph.node('q')?.properties).toEqual({ phone: '3' })
  await created
  expect(shown.every((properties) => !('grade' in properties))).toBe(true)
  const raised = set(eve, 'salary', '9000')
  const renamed = eve.execute('MoveNode', { node_id: at.root, parent_id: 'p' })
  expect(propertiesOf(eve)).toEqual({ phone: '1', review: 'good' })
  expect((await rejection(raised)).code).toBe('FORBIDDEN')
  expect((await rejection(renamed)).code).toBe('FORBIDDEN')
  await eve.execute('DeleteNode', { node_id: 'p' })
  await eve.undo()
  expect(propertiesOf(eve)).toEqual({ phone: '1', review: 'good' })
  await expectSame(at, 'eve', eve)
  await expectSame(at, 'ann', at.ann)
  expect(propertiesOf(at.ann)).toMatchObject({ salary: '4200' })
})

test('[VIEW5] with another role the graph shows more, or less, and goes on', async () => {
  const at = await company('viewer')
  await hire(at, 'p')
  const eve = await client('eve').join(at.session_id)
  expect(propertiesOf(eve)).toEqual({ phone: '1' })
  for (const [role, salary] of [
    ['owner', '5000'],
    ['editor', '6000'],
    ['owner', '7000'],
    ['viewer', '8000'],
  ] as const) {
    await give(at, role)
    await set(at.ann, 'salary', salary)
    await set(at.ann, 'phone', salary)
    await expectSame(at, 'eve', eve)
    const sees = role === 'owner' ? salary : undefined
    expect([role, propertiesOf(eve)['salary']]).toEqual([role, sees])
  }
})

test('[VIEW4] [SYNC3] who was away meanwhile comes back to what the role shows now', async () => {
  const at = await company('owner')
  await using network = await Network.to(server.url)
  await hire(at, 'p')
  const connected = client('eve', network.url)
  const eve = await connected.join(at.session_id)
  expect(propertiesOf(eve)).toMatchObject({ salary: '4200' })
  network.cut()
  await eventually(() => expect(eve.status).toBe('offline'))
  await give(at, 'viewer')
  await set(at.ann, 'phone', '2')
  network.mend()
  await eventually(() => expect(eve.status).toBe('live'))
  await expectSame(at, 'eve', eve)
  expect(propertiesOf(eve)).toEqual({ phone: '2' })
})
