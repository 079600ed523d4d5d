import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { connect, type Session, type TalusError } from '../src/index.js'
import { fileStore } from '../src/node/index.js'
import { Network } from './network.js'
import { eventually } from './eventually.js'
import { rejection } from './rejection.js'
import { TestServer } from './server.js'

const QUICK = { ackTimeoutMs: 1_500, reconnect: { minDelayMs: 20, maxDelayMs: 50 } }

let server: TestServer
let directory: string

beforeAll(async () => {
  server = await TestServer.start()
  directory = await mkdtemp(join(tmpdir(), 'talus-undo-'))
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await rm(directory, { recursive: true, force: true })
})

/** Two devices of one actor; the first one's connection can be cut. */
async function devices(id: string) {
  const network = await Network.to(server.url)
  const path = join(directory, `${id}.jsonl`)
  const open = () => connect(network.url, { actor: 'ada', ...QUICK, store: fileStore(path) })
  const other = connect(server.url, { actor: 'ada', ...QUICK, store: null })
  let client = open()
  onTestFinished(async () => {
    client.close()
    other.close()
    await network[Symbol.asyncDispose]()
  })
  const phone = await client.join(id)
  const laptop = await other.join(id)
  /** The page is loaded again once the network is back. */
  const reload = async () => {
    client.close()
    network.mend()
    client = open()
    return client.join(id)
  }
  return { network, phone, laptop, reload }
}

async function isOffline(session: Session): Promise<void> {
  await eventually(() => expect(session.status).not.toBe('live'))
}

async function areAt({ seq }: { seq: number }, ...sessions: Session[]): Promise<void> {
  await eventually(() => {
    for (const session of sessions) expect(session.seq).toBeGreaterThanOrEqual(seq)
  })
}

const make = (session: Session, name: string, actor?: object) =>
  session.execute('CreateNode', { blueprint_type_id: 't', name, ...actor })

const names = ({ graph }: Session) => graph.roots().map((id) => graph.node(id)?.name)

const codes = (outcomes: PromiseSettledResult<unknown>[]) =>
  outcomes.map((one) => (one.status === 'rejected' ? (one.reason as TalusError).code : 'ok'))

test.each(['cut', 'stall'] as const)(
  '[UNDO13] an undo takes the step that was seen: %s',
  async (way) => {
    const { network, phone, laptop } = await devices(`undo-${way}`)
    await make(phone, 'A')
    network[way]()
    const undone = phone.undo()
    expect(names(phone)).toEqual([])
    await make(laptop, 'B')
    network.mend()
    expect((await undone).undo?.status).toBe('applied')
    await areAt(phone, laptop)
    expect([names(phone), names(laptop)]).toEqual([['B'], ['B']])
    expect([phone.canUndo, phone.canRedo]).toEqual([true, true])
  },
)

test('[UNDO13] a redo brings back the step that was seen, also after a newer command', async () => {
  const { network, phone, laptop } = await devices('redo')
  const made = await make(phone, 'A')
  await areAt((await phone.undo()) as { seq: number }, laptop)
  network.cut()
  const redone = phone.redo()
  expect(names(phone)).toEqual(['A'])
  await make(laptop, 'B')
  await laptop.undo()
  network.mend()
  expect((await redone).target_command_id).toBe(made.command_id)
  await areAt(phone, laptop)
  expect([names(phone), names(laptop)]).toEqual([['A'], ['A']])
  expect([phone.canUndo, laptop.canUndo]).toEqual([true, true])
})

test('[UNDO13] a step that another device has undone meanwhile is refused, and nothing else taken', async () => {
  const { network, phone, laptop } = await devices('gone')
  await make(phone, 'A')
  await areAt((await make(phone, 'B')) as { seq: number }, laptop)
  network.cut()
  await isOffline(phone)
  const undone = rejection(phone.undo())
  await laptop.undo()
  network.mend()
  expect(await undone).toMatchObject({
    code: 'NOTHING_TO_UNDO',
    message: 'This command is undone already',
  })
  await areAt(laptop, phone)
  expect([names(phone), names(laptop)]).toEqual([['A'], ['A']])
})

test('[UNDO13] pressed at once in two windows, it takes the step once', async () => {
  const { phone, laptop } = await devices('twice')
  for (const name of ['A', 'B', 'C']) await make(phone, name)
  await areAt(phone, laptop)
  const outcomes = await Promise.allSettled([phone.undo(), laptop.undo()])
  expect(codes(outcomes).toSorted()).toEqual(['NOTHING_TO_UNDO', 'ok'])
  await areAt({ seq: 4 }, phone, laptop)
  expect([names(phone), names(laptop)]).toEqual([
    ['A', 'B'],
    ['A', 'B'],
  ])
})

test('[UNDO13] several in a row name one step each, with those that are queued, over a reload', async () => {
  const { network, phone, laptop, reload } = await devices('row')
  await make(phone, 'A')
  await make(phone, 'B')
  network.cut()
  await isOffline(phone)
  void make(phone, 'C')
  for (let n = 0; n < 3; n += 1) void phone.undo()
  void phone.redo()
  expect(names(phone)).toEqual(['A'])
  for (const name of ['X', 'Y']) await make(laptop, name)
  const again = await reload()
  await again.flush()
  await areAt(again, laptop)
  expect(names(laptop)).toEqual(['A', 'X', 'Y'])
  expect(names(again)).toEqual(['A', 'X', 'Y'])
})

test('[UNDO13] the undo of a step that is refused later takes no other step', async () => {
  const { network, phone, laptop } = await devices('refused')
  await make(phone, 'A', { node_id: 'a' })
  network.cut()
  await isOffline(phone)
  const set = phone.execute('UpdateProperty', { node_id: 'a', property_id: 'p', new_value: 1 })
  const undone = phone.undo()
  await laptop.execute('DeleteNode', { node_id: 'a' })
  await laptop.undo()
  await laptop.execute('DeleteNode', { node_id: 'a' })
  await make(laptop, 'B')
  network.mend()
  const outcomes = await Promise.allSettled([set, undone])
  expect(codes(outcomes)).toEqual(['NODE_NOT_FOUND', 'NOTHING_TO_UNDO'])
  await areAt(laptop, phone)
  expect(names(phone)).toEqual(['B'])
})

test('[UNDO13] an owner who undoes the last step of anybody takes none that came later', async () => {
  const { network, phone, laptop } = await devices('anybody')
  const bob = connect(server.url, { actor: 'bob', ...QUICK, store: null })
  onTestFinished(() => bob.close())
  const colleague = await bob.join('anybody')
  await make(laptop, 'A')
  await areAt((await make(colleague, 'B')) as { seq: number }, phone)
  network.cut()
  await isOffline(phone)
  const undone = [phone.undo({ scope: 'session' }), phone.undo({ scope: 'session' })]
  await make(colleague, 'C')
  network.mend()
  expect(codes(await Promise.allSettled(undone))).toEqual(['ok', 'ok'])
  await areAt(phone, colleague)
  expect(names(colleague)).toEqual(['C'])
})

test('[IDEM5] an undo that is called again under its id is the same, whatever is seen by then', async () => {
  const { phone } = await devices('retried')
  await make(phone, 'A')
  await make(phone, 'B')
  const first = await phone.undo({ commandId: 'mine' })
  const again = await phone.undo({ commandId: 'mine' })
  expect(again).toMatchObject({ duplicate: true, target_command_id: first.target_command_id })
  await phone.flush()
  expect(names(phone)).toEqual(['A'])
})

test('[UNDO13] forced undos in a row take one step each', async () => {
  const { phone } = await devices('forced')
  for (const name of ['A', 'B', 'C']) await make(phone, name)
  const undone = [phone.undo({ force: true }), phone.undo({ force: true })]
  expect(codes(await Promise.allSettled(undone))).toEqual(['ok', 'ok'])
  expect(names(phone)).toEqual(['A'])
})
