import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { IDBFactory } from 'fake-indexeddb'
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  expect,
  onTestFinished,
  test,
  vi,
} from 'vitest'
import {
  connect,
  indexedDbStore,
  type Client,
  type CommandStore,
  type Session,
} from '../src/index.js'
import { fileStore } from '../src/node/index.js'
import { Cable } from './cable.js'
import { eventually } from './eventually.js'
import { rejection } from './rejection.js'
import { TestServer } from './server.js'
import { WebLocks } from './web-locks.js'

const QUICK = { reconnect: { minDelayMs: 20, maxDelayMs: 50 } }

let server: TestServer
let directory: string
let cable: Cable

beforeAll(async () => {
  server = await TestServer.start()
  directory = await mkdtemp(join(tmpdir(), 'talus-queue-'))
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await rm(directory, { recursive: true, force: true })
})

beforeEach(async () => {
  cable = await Cable.to(server.url)
})

afterEach(async () => {
  await cable[Symbol.asyncDispose]()
  vi.unstubAllGlobals()
})

function client(store: CommandStore | null, actor = 'ada'): Client {
  const connected = connect(cable.url, { ...QUICK, actor, store })
  onTestFinished(() => connected.close())
  return connected
}

const create = (session: Session, name: string) =>
  session.execute('CreateNode', { blueprint_type_id: 'task', name }, { commandId: name })

const names = ({ graph }: Session) => graph.roots().map((id) => graph.node(id)?.name)

/** The commands of a session as the server has them, in their order. */
async function executed(session_id: string): Promise<string[]> {
  const { entries } = await connectedRest().getChanges({ session_id, limit: 1_000 })
  return entries.map(({ kind, command_id }) => (kind === 'do' ? command_id : kind))
}

function connectedRest() {
  const reader = connect(server.url, { store: null })
  onTestFinished(() => reader.close())
  return reader.rest
}

test('commands made offline are sent after the reconnect, once and in order', async () => {
  const ada = client(null)
  const session = await ada.join('offline')
  const pending: number[] = []
  session.on('pending', (count) => pending.push(count))
  cable.pull()
  await eventually(() => expect(session.status).toBe('offline'))
  const made = ['a', 'b', 'c'].map((name) => create(session, name))
  const undone = session.undo()
  expect(names(session)).toEqual(['a', 'b'])
  expect(session.pending).toBe(4)
  cable.plug()
  await session.flush()
  expect(session.pending).toBe(0)
  expect((await Promise.all(made)).map(({ seq }) => seq)).toEqual([1, 2, 3])
  expect((await undone).undo?.status).toBe('applied')
  expect(names(session)).toEqual(['a', 'b'])
  expect(await executed('offline')).toEqual(['a', 'b', 'c', 'undo'])
  expect(pending).toEqual([1, 2, 3, 4, 3, 2, 1, 0])
})

test('[IDEM1] a file keeps what a process leaves unanswered: executed or not, it happens once', async () => {
  const path = join(directory, 'left.jsonl')
  const first = await client(fileStore(path)).join('left')
  await create(first, 'answered')
  cable.deafen()
  const unanswered = ['b', 'c'].map((name) => create(first, name))
  await eventually(async () => expect(await executed('left')).toHaveLength(3))
  cable.pull()
  unanswered.push(create(first, 'd'))
  await eventually(() => expect(first.status).toBe('offline'))
  expect(names(first)).toEqual(['answered', 'b', 'c', 'd'])
  // As if the process was killed: what it would still do goes nowhere.
  const stored = await readFile(path, 'utf8')
  const copy = join(directory, 'copy.jsonl')
  await writeFile(copy, `${stored}{"scope":"torn`)

  cable.plug()
  const second = await client(fileStore(copy)).join('left')
  await second.flush()
  expect(names(second)).toEqual(['answered', 'b', 'c', 'd'])
  await Promise.all(unanswered)
  expect(await executed('left')).toEqual(['answered', 'b', 'c', 'd'])
  expect(second.canUndo).toBe(true)
  const third = fileStore(copy)
  expect(await readFile(copy, 'utf8')).toBe('')
  third.close()
})

test('the file of a client that runs for long does not grow for ever', async () => {
  const path = join(directory, 'long.jsonl')
  const store = fileStore(path)
  const payload = { session_id: 's' }
  const add = (command_id: string) =>
    store.add('scope', { command_id, order: 'undo_command', payload })
  await add('open')
  for (let n = 0; n < 1_000; n += 1) {
    await add(`c-${n}`)
    await store.remove('scope', `c-${n}`)
  }
  expect((await readFile(path, 'utf8')).split('\n')).toHaveLength(2_002)
  const heir = fileStore(path)
  expect((await heir.adopt('scope')).map(({ command_id }) => command_id)).toEqual(['open'])
  await store.remove('scope', 'open')
  expect(await readFile(path, 'utf8')).toBe('')
  await add('later')
  expect((await readFile(path, 'utf8')).split('\n')).toHaveLength(2)
  for (const one of [store, heir]) one.close()
})

test('a queue belongs to its actor and its session', async () => {
  const path = join(directory, 'actor.jsonl')
  const ada = client(fileStore(path))
  const session = await ada.join('mine')
  cable.pull()
  const lost = rejection(create(session, 'of ada'.replace(' ', '-')))
  ada.close()
  expect((await lost).code).toBe('CLOSED')
  cable.plug()
  const other = await client(fileStore(path), 'bob').join('mine')
  const elsewhere = await client(fileStore(path)).join('elsewhere')
  await Promise.all([other.flush(), elsewhere.flush()])
  expect([other.graph.size, elsewhere.graph.size]).toEqual([0, 0])
  const again = await client(fileStore(path)).join('mine')
  await again.flush()
  expect(names(again)).toEqual(['of-ada'])
})

test('what is refused after a reload is told as an event, and not tried again', async () => {
  const path = join(directory, 'refused.jsonl')
  const ada = client(fileStore(path))
  const session = await ada.join('refused')
  cable.pull()
  void session.execute('DeleteNode', { node_id: 'nowhere' }, { commandId: 'hopeless' })
  ada.close()
  cable.plug()
  const again = await client(fileStore(path)).join('refused')
  const told: unknown[] = []
  again.on('rejected', (error) => told.push(error))
  await eventually(() => expect(told).toMatchObject([{ commandId: 'hopeless' }]))
  expect(told).toMatchObject([{ code: 'NODE_NOT_FOUND' }])
  expect(again.pending).toBe(0)
  expect(await fileStore(path).adopt(JSON.stringify([cable.url, 'refused', 'ada']))).toEqual([])
})

test('IndexedDB: a tab that is closed with unsent commands loses none', async () => {
  vi.stubGlobal('indexedDB', new IDBFactory())
  const closed = connect(cable.url, { ...QUICK, actor: 'ada' })
  const session = await closed.join('tab')
  cable.pull()
  const lost = ['a', 'b', 'c'].map((name) => rejection(create(session, name)))
  closed.close()
  expect((await Promise.all(lost)).map(({ code }) => code)).toEqual(['CLOSED', 'CLOSED', 'CLOSED'])
  cable.plug()
  const reopened = connect(cable.url, { ...QUICK, actor: 'ada' })
  onTestFinished(() => reopened.close())
  const again = await reopened.join('tab')
  expect(names(again)).toEqual(['a', 'b', 'c'])
  await again.flush()
  expect(await executed('tab')).toEqual(['a', 'b', 'c'])
  const third = indexedDbStore()
  expect(await third.adopt(JSON.stringify([cable.url, 'tab', 'ada']))).toEqual([])
  third.close()
})

test('IndexedDB: a queue whose tab lives is left alone; one whose tab is gone has one heir', async () => {
  vi.stubGlobal('indexedDB', new IDBFactory())
  vi.stubGlobal('navigator', { locks: new WebLocks() })
  const command = (command_id: string) => ({
    command_id,
    order: 'execute_command' as const,
    payload: { session_id: 's' },
  })
  const [gone, living, one, two] = [1, 2, 3, 4].map(() => indexedDbStore()) as [
    CommandStore,
    CommandStore,
    CommandStore,
    CommandStore,
  ]
  await gone.add('scope', command('g-1'))
  await living.add('scope', command('l-1'))
  await gone.add('scope', command('g-2'))
  await gone.add('other scope', command('g-3'))
  await gone.add('scope', command('g-4'))
  await gone.remove('scope', 'g-2')
  expect(await one.adopt('scope')).toEqual([])
  gone.close()
  const heirs = await Promise.all([one.adopt('scope'), two.adopt('scope')])
  const inherited = heirs.map((adopted) => adopted.map(({ command_id }) => command_id).join())
  expect(new Set(inherited)).toEqual(new Set(['', 'g-1,g-4']))
  one.close()
  two.close()
  const last = indexedDbStore()
  expect((await last.adopt('scope')).map(({ command_id }) => command_id)).toEqual(['g-1', 'g-4'])
  for (const store of [last, living]) store.close()
})

test('a store that does not work is told; the commands go their way', async () => {
  const broken = () => Promise.reject(new Error('Quota exceeded'))
  const ada = client({ adopt: broken, add: broken, remove: broken, close: () => {} })
  const errors: unknown[] = []
  ada.on('error', (error) => errors.push(error))
  const session = await ada.join('broken')
  await create(session, 'a')
  expect(names(session)).toEqual(['a'])
  await eventually(() => expect(errors).toHaveLength(3))
  expect(errors[0]).toMatchObject({ code: 'STORE_FAILED', cause: { message: 'Quota exceeded' } })
})
