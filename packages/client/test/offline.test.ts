import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
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
  type TalusError,
} from '../src/index.js'
import { fileStore } from '../src/node/index.js'
import { Network } from './network.js'
import { eventually } from './eventually.js'
import { rejection } from './rejection.js'
import { TestServer } from './server.js'
import { WebLocks } from './web-locks.js'

const QUICK = { reconnect: { minDelayMs: 20, maxDelayMs: 50 } }

let server: TestServer
let directory: string
let network: Network

beforeAll(async () => {
  server = await TestServer.start()
  directory = await mkdtemp(join(tmpdir(), 'talus-queue-'))
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await rm(directory, { recursive: true, force: true })
})

beforeEach(async () => {
  network = await Network.to(server.url)
})

afterEach(async () => {
  await network[Symbol.asyncDispose]()
  vi.unstubAllGlobals()
})

function client(store: CommandStore | null, actor = 'ada'): Client {
  const connected = connect(network.url, { ...QUICK, actor, store })
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
  network.cut()
  await eventually(() => expect(session.status).toBe('offline'))
  const made = ['a', 'b', 'c'].map((name) => create(session, name))
  const undone = session.undo()
  expect(names(session)).toEqual(['a', 'b'])
  expect(session.pending).toBe(4)
  network.mend()
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
  network.stall(['far'])
  const unanswered = ['b', 'c'].map((name) => create(first, name))
  await eventually(async () => expect(await executed('left')).toHaveLength(3))
  network.cut()
  unanswered.push(create(first, 'd'))
  await eventually(() => expect(first.status).toBe('offline'))
  expect(names(first)).toEqual(['answered', 'b', 'c', 'd'])
  // As if the process was killed: what it would still do goes nowhere.
  const stored = await readFile(path, 'utf8')
  const copy = join(directory, 'copy.jsonl')
  await writeFile(copy, `${stored}{"scope":"torn`)

  network.mend()
  const gone = client(fileStore(copy))
  const second = await gone.join('left')
  await second.flush()
  expect(names(second)).toEqual(['answered', 'b', 'c', 'd'])
  await Promise.all(unanswered)
  expect(await executed('left')).toEqual(['answered', 'b', 'c', 'd'])
  expect(second.canUndo).toBe(true)
  gone.close()
  const third = fileStore(copy)
  expect(await third.adopt(JSON.stringify([network.url, 'left', 'ada']))).toEqual([])
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
  await store.remove('scope', 'open')
  expect(await readFile(path, 'utf8')).toBe('')
  await add('later')
  expect((await readFile(path, 'utf8')).split('\n')).toHaveLength(2)
  store.close()
  const heir = fileStore(path)
  expect((await heir.adopt('scope')).map(({ command_id }) => command_id)).toEqual(['later'])
  heir.close()
})

test('a queue belongs to its actor and its session', async () => {
  const path = join(directory, 'actor.jsonl')
  const ada = client(fileStore(path))
  const session = await ada.join('mine')
  network.cut()
  const lost = rejection(create(session, 'of ada'.replace(' ', '-')))
  ada.close()
  expect((await lost).code).toBe('CLOSED')
  network.mend()
  const bob = client(fileStore(path), 'bob')
  const other = await bob.join('mine')
  await other.flush()
  expect(other.graph.size).toBe(0)
  bob.close()
  const elsewhere = client(fileStore(path))
  const { graph } = await elsewhere.join('elsewhere')
  expect(graph.size).toBe(0)
  elsewhere.close()
  const again = await client(fileStore(path)).join('mine')
  await again.flush()
  expect(names(again)).toEqual(['of-ada'])
})

test('what is refused is kept with its command until somebody hears it, also over reloads', async () => {
  const path = join(directory, 'refused.jsonl')
  const ada = client(fileStore(path))
  const session = await ada.join('refused')
  network.cut()
  const ids = Array.from({ length: 150 }, (_, n) => `hopeless-${n}`)
  for (const commandId of ids) {
    void session.execute('DeleteNode', { node_id: 'nowhere' }, { commandId })
  }
  ada.close()
  network.mend()
  // Nobody listens here: the refusal waits for the next.
  const deaf = client(fileStore(path))
  const unheard = await deaf.join('refused')
  await unheard.flush()
  expect(unheard.pending).toBe(0)
  deaf.close()
  const heir = client(fileStore(path))
  const again = await heir.join('refused')
  await again.flush()
  const told: TalusError[] = []
  again.on('rejected', (error) => told.push(error))
  await eventually(() => expect(told.map(({ commandId }) => commandId)).toEqual(ids))
  const command = { command_type: 'DeleteNode', data: { node_id: 'nowhere' } }
  expect(told[0]).toMatchObject({ code: 'NODE_NOT_FOUND', command })
  // What somebody has heard is not told again.
  heir.close()
  expect(await fileStore(path).adopt(JSON.stringify([network.url, 'refused', 'ada']))).toEqual([])
})

test('refusals that nobody hears are kept up to a bound; whoever listens later hears them', async () => {
  const session = await client(null).join('unheard')
  const ids = Array.from({ length: 1_003 }, (_, n) => `hopeless-${n}`)
  for (const commandId of ids) {
    void session.execute('DeleteNode', { node_id: 'nowhere' }, { commandId, label: commandId })
  }
  await session.flush()
  const told: TalusError[] = []
  session.on('rejected', (error) => told.push(error))
  await eventually(() => expect(told.map(({ commandId }) => commandId)).toEqual(ids.slice(3)))
  expect(told[0]?.command).toMatchObject({ command_type: 'DeleteNode', label: 'hopeless-3' })
})

test('a file: two processes, a deleted folder, a path that is none', async () => {
  const path = join(directory, 'sub', 'shared.jsonl')
  const first = client(fileStore(path))
  const errors: TalusError[] = []
  first.on('error', (error) => error.code === 'STORE_FAILED' && errors.push(error))
  const session = await first.join('files')
  await create(session, 'a')
  await eventually(async () => expect(await readdir(`${path}.graphs`)).toHaveLength(1))
  // Another process, or another client, works in memory until the first is done.
  const second = client(fileStore(path))
  const others: TalusError[] = []
  second.on('error', (error) => error.code === 'STORE_FAILED' && others.push(error))
  const other = await second.join('files')
  await create(other, 'b')
  await eventually(() => expect(others).toHaveLength(1))
  expect(others[0]?.message).toContain(`process ${process.pid} uses`)
  network.cut()
  await eventually(() => expect(other.status).toBe('offline'))
  void create(other, 'c')
  first.close()
  await eventually(async () => expect(await readFile(path, 'utf8')).toContain('"c"'))
  expect(others).toHaveLength(1)
  // A lock that a killed process has left does not count.
  second.close()
  await writeFile(`${path}.lock`, '999999999')

  const third = client(fileStore(path))
  const lost: TalusError[] = []
  third.on('error', (error) => error.code === 'STORE_FAILED' && lost.push(error))
  const last = await third.join('files')
  expect(names(last)).toContain('c')
  await rm(join(directory, 'sub'), { recursive: true })
  void create(last, 'd')
  await eventually(async () => expect(await readFile(path, 'utf8')).toContain('"d"'))
  expect(await readFile(path, 'utf8')).toContain('"c"')
  expect(lost).toMatchObject([{ code: 'STORE_FAILED', cause: { code: 'ENOENT' } }])
  third.close()

  const none = client(fileStore(join(path, 'below-a-file.jsonl')))
  const told: TalusError[] = []
  none.on('error', (error) => error.code === 'STORE_FAILED' && told.push(error))
  network.mend()
  await create(await none.join('none'), 'e')
  await eventually(() => expect(told).toMatchObject([{ code: 'STORE_FAILED' }]))
  expect(errors).toEqual([])
  expect(() => fileStore('')).toThrow(TypeError)
})

test('IndexedDB: a tab that is closed with unsent commands loses none', async () => {
  vi.stubGlobal('indexedDB', new IDBFactory())
  const closed = connect(network.url, { ...QUICK, actor: 'ada' })
  const session = await closed.join('tab')
  network.cut()
  const lost = ['a', 'b', 'c'].map((name) => rejection(create(session, name)))
  closed.close()
  expect((await Promise.all(lost)).map(({ code }) => code)).toEqual(['CLOSED', 'CLOSED', 'CLOSED'])
  network.mend()
  const reopened = connect(network.url, { ...QUICK, actor: 'ada' })
  onTestFinished(() => reopened.close())
  const again = await reopened.join('tab')
  expect(names(again)).toEqual(['a', 'b', 'c'])
  await again.flush()
  expect(await executed('tab')).toEqual(['a', 'b', 'c'])
  const third = indexedDbStore()
  expect(await third.adopt(JSON.stringify([network.url, 'tab', 'ada']))).toEqual([])
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

test.each(['was there before', 'shows by what it left only', 'comes later'])(
  'IndexedDB: a tab that goes and %s has an heir at once',
  async (when) => {
    vi.stubGlobal('indexedDB', new IDBFactory())
    const locks = new WebLocks()
    if (when.startsWith('shows')) locks.query = async () => ({ held: [] })
    vi.stubGlobal('navigator', { locks })
    const session_id = `heir ${when}`.replaceAll(' ', '-')
    const left = (store: CommandStore) =>
      store.add(JSON.stringify([network.url, session_id, 'ada']), {
        command_id: 'left',
        order: 'execute_command',
        payload: {
          session_id,
          command_id: 'left',
          command_type: 'CreateNode',
          data: { blueprint_type_id: 'task', name: 'left' },
        } as never,
      })
    const other = indexedDbStore()
    if (when !== 'comes later') await left(other)
    const heir = connect(network.url, { ...QUICK, actor: 'ada' })
    onTestFinished(() => heir.close())
    const session = await heir.join(session_id)
    if (when === 'comes later') await left(other)
    await create(session, 'own')
    expect(names(session)).toEqual(['own'])
    // Without a connection, too, a page shows what was there when it began.
    const isCut = when !== 'comes later'
    if (isCut) network.cut()
    await eventually(() => expect(session.status).toBe(isCut ? 'offline' : 'live'))
    other.close()
    await eventually(() => expect(names(session)).toEqual(['own', 'left']))
    network.mend()
    await session.flush()
    expect(await executed(session_id)).toEqual(['own', 'left'])
  },
)

test('a store that does not work is told; the commands go their way', async () => {
  const broken = () => Promise.reject(new Error('Quota exceeded'))
  const ada = client({ adopt: broken, add: broken, remove: broken, close: () => {} })
  const errors: unknown[] = []
  ada.on('error', (error) => error.code === 'STORE_FAILED' && errors.push(error))
  const session = await ada.join('broken')
  await create(session, 'a')
  expect(names(session)).toEqual(['a'])
  expect(errors).toMatchObject([{ code: 'STORE_FAILED', cause: { message: 'Quota exceeded' } }])
})
