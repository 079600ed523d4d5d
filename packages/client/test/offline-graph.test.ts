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
  rest,
  type Client,
  type ClientOptions,
  type Session,
} from '../src/index.js'
import { Network } from './network.js'
import { eventually } from './eventually.js'
import { rejection } from './rejection.js'
import { TestServer } from './server.js'

const QUICK = { ackTimeoutMs: 2_000, reconnect: { minDelayMs: 20, maxDelayMs: 50 } }

let server: TestServer
let network: Network

beforeAll(async () => {
  server = await TestServer.start()
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

beforeEach(async () => {
  network = await Network.to(server.url)
  vi.stubGlobal('indexedDB', new IDBFactory())
})

afterEach(async () => {
  await network[Symbol.asyncDispose]()
  vi.unstubAllGlobals()
})

function client(options: ClientOptions = {}): Client {
  const connected = connect(network.url, { ...QUICK, actor: 'ada', ...options })
  onTestFinished(() => connected.close())
  return connected
}

const create = (session: Session, name: string) =>
  session.execute('CreateNode', { blueprint_type_id: 'task', name }, { commandId: name })

const names = ({ graph }: Session) => graph.roots().map((id) => graph.node(id)?.name)

/** The texts that are stored of graphs, in their order. */
async function stored(): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('talus-graphs')
    opening.onerror = () => reject(opening.error)
    opening.onsuccess = () => {
      const reading = opening.result.transaction('records').objectStore('records').getAll()
      reading.onsuccess = () => {
        opening.result.close()
        resolve((reading.result as { text: string }[]).map(({ text }) => text))
      }
    }
  })
}

test('the last graph is there at once after a reload without a connection', async () => {
  const first = client()
  const session = await first.join('reload')
  await create(session, 'saved')
  await eventually(async () => expect((await stored()).join()).toContain('saved'))
  network.cut()
  await eventually(() => expect(session.status).toBe('offline'))
  void create(session, 'offline-1')
  first.close()

  const again = await client().join('reload')
  expect(again.status).toBe('offline')
  expect(names(again)).toEqual(['saved', 'offline-1'])
  expect(again.others).toEqual([])
  void create(again, 'offline-2')
  expect(again.pending).toBe(2)
  network.mend()
  await again.flush()
  expect(again.status).toBe('live')
  expect(names(again)).toEqual(['saved', 'offline-1', 'offline-2'])
})

test('it is replaced by what the server says', async () => {
  const first = client()
  const session = await first.join('others')
  await create(session, 'mine')
  await eventually(async () => expect((await stored()).join()).toContain('mine'))
  first.close()
  const bob = await client({ actor: 'bob', store: null }).join('others')
  await create(bob, 'of-bob')
  network.cut()
  const again = await client().join('others')
  expect(names(again)).toEqual(['mine'])
  network.mend()
  await eventually(() => expect(names(again)).toEqual(['mine', 'of-bob']))
  expect(again.status).toBe('live')
})

test('a session that was made anew meanwhile has another epoch: nothing of the old one stays', async () => {
  const first = client()
  const session = await first.join('anew')
  await create(session, 'old')
  await eventually(async () => expect((await stored()).join()).toContain('old'))
  first.close()
  await first.rest.deleteSession({ session_id: 'anew' }).catch(() => {})
  await rest(server.url)
    .deleteSession({ session_id: 'anew' })
    .catch(() => {})
  const bob = await client({ actor: 'bob', store: null }).join('anew')
  await create(bob, 'new')
  network.cut()
  const again = await client().join('anew')
  expect(names(again)).toEqual(['old'])
  const made = create(again, 'offline')
  network.mend()
  await made
  await eventually(() => expect(names(again)).toEqual(['new', 'offline']))
  await eventually(async () => expect((await stored()).join()).not.toContain('"old"'))
})

test('the graph of another actor is never shown', async () => {
  const first = client()
  await create(await first.join('of-ada'), 'secret')
  await eventually(async () => expect((await stored()).join()).toContain('secret'))
  first.close()
  network.cut()
  const bob = client({ actor: 'bob', totalTimeoutMs: 500 })
  expect(await rejection(bob.join('of-ada'))).toMatchObject({ code: 'TIMEOUT' })
  // A token says who somebody is, and only the server can read it.
  const nobody = client({ token: 'a token', actor: undefined as never, totalTimeoutMs: 500 })
  expect(await rejection(nobody.join('of-ada'))).toMatchObject({ code: 'TIMEOUT' })
})

test('with keepGraphs off nothing of a graph is stored, and what was is removed', async () => {
  const first = client()
  await create(await first.join('off'), 'kept')
  await eventually(async () => expect((await stored()).join()).toContain('kept'))
  first.close()
  const again = client({ keepGraphs: false })
  await create(await again.join('off'), 'not-kept')
  await eventually(async () => expect(await stored()).toEqual([]))
})

test('only so many graphs are kept, those that were written last', async () => {
  const keepGraphs = { sessions: 2 }
  for (const id of ['one', 'two', 'three']) {
    const next = client({ keepGraphs })
    await create(await next.join(`limit-${id}`), `in-${id}`)
    await eventually(async () => expect((await stored()).join()).toContain(`in-${id}`))
    next.close()
  }
  await eventually(async () => expect((await stored()).join()).not.toContain('in-one'))
  expect((await stored()).join()).toContain('in-two')
})

test('forget() removes graphs and commands of the actor, and of nobody else', async () => {
  const bob = client({ actor: 'bob' })
  await create(await bob.join('forget'), 'of-bob')
  const ada = client()
  const session = await ada.join('forget')
  await create(session, 'of-ada')
  await eventually(async () => {
    const texts = await stored()
    expect(texts.filter((text) => text.includes('"version":1'))).toHaveLength(2)
  })
  network.cut()
  await eventually(() => expect(session.status).toBe('offline'))
  void create(session, 'unsent')
  await ada.forget()
  expect(ada.status).toBe('closed')
  const left = (await stored()).filter((text) => text.includes('"version":1'))
  expect(left).toHaveLength(1)
  expect(left[0]).toContain('bob')
  const store = indexedDbStore()
  expect(await store.adopt(JSON.stringify([network.url, 'forget', 'ada']))).toEqual([])
  store.close()
})

test('the store that a client was to forget and that does not work is told', async () => {
  vi.stubGlobal('indexedDB', null)
  const ada = client()
  await ada.join('forget')
  const error = await rejection(ada.forget())
  expect(error).toMatchObject({ code: 'STORE_FAILED' })
  expect(error.message).toBe(
    'What is stored was not removed: the store does not work (there is no IndexedDB in this browser)',
  )
})

test('long entries become a new snapshot, and the graph is the same', async () => {
  const first = client()
  const session = await first.join('long')
  const text = 'x'.repeat(20_000)
  for (let n = 0; n < 30; n += 1) {
    await session.execute('CreateNode', {
      blueprint_type_id: 'task',
      name: `n${n}`,
      properties: { text },
    })
  }
  await session.undo()
  const whole = () => [...session.graph.walk()].map(({ id }) => id)
  await eventually(async () => {
    const texts = await stored()
    const head = JSON.parse(texts[0] ?? '{}') as { seq?: number }
    expect(head.seq).toBeGreaterThan(10)
    expect(texts.join()).toContain(`"seq":${session.seq}`)
  })
  first.close()
  network.cut()
  const again = await client().join('long')
  expect([...again.graph.walk()].map(({ id }) => id)).toEqual(whole())
  expect(again.seq).toBe(31)
  expect(again.canRedo).toBe(true)
})
