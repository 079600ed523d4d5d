import { connect, type Client, type Session } from '@talus/client'
import { randomUUID } from 'node:crypto'
import { io, type Socket } from 'socket.io-client'

/** Milliseconds from each write to what it causes; `local` is empty where nothing is foreseen. */
export type Delays = { local: number[]; acked: number[]; seen: number[] }

const transports: ['websocket'] = ['websocket']
const PROPERTY = 'note'

function noteOf({ graph }: Session, node_id: string): unknown {
  return graph.node(node_id)?.properties[PROPERTY]
}

/** When a client's view shows the value. */
function shown(session: Session, node_id: string, value: string): Promise<number> {
  return new Promise((resolve) => {
    const stop = session.graph.subscribeNode(node_id, () => {
      if (noteOf(session, node_id) !== value) return
      stop()
      resolve(performance.now())
    })
  })
}

async function writeOnce(writer: Session, reader: Session, node_id: string): Promise<number[]> {
  const new_value = randomUUID()
  const seen = shown(reader, node_id, new_value)
  const startedAt = performance.now()
  const acked = writer.execute('UpdateProperty', { node_id, property_id: PROPERTY, new_value })
  if (noteOf(writer, node_id) !== new_value) throw new Error('A command does not show at once')
  const shownAt = performance.now()
  const ackedAt = acked.then(() => performance.now())
  return [shownAt, await ackedAt, await seen].map((at) => at - startedAt)
}

/** Writes one value after the other with one client of the SDK, and watches with another. */
export async function sdkDelays(url: string, count: number): Promise<Delays> {
  const clients: Client[] = ['writer', 'reader'].map((actor) => connect(url, { actor, transports }))
  try {
    const session_id = randomUUID()
    const [writer, reader] = await Promise.all(clients.map((client) => client.join(session_id)))
    if (!writer || !reader) throw new Error('Two clients were expected')
    const node_id = randomUUID()
    const node = { blueprint_type_id: 'task', name: 'Bench', node_id }
    const there = new Promise<void>((resolve) =>
      reader.graph.subscribeNode(node_id, () => resolve()),
    )
    await Promise.all([writer.execute('CreateNode', node), there])
    const delays: Delays = { local: [], acked: [], seen: [] }
    for (let i = 0; i < count; i++) {
      const [local = NaN, acked = NaN, seen = NaN] = await writeOnce(writer, reader, node_id)
      delays.local.push(local)
      delays.acked.push(acked)
      delays.seen.push(seen)
    }
    return delays
  } finally {
    for (const client of clients) client.close()
  }
}

async function echoOnce(writer: Socket, reader: Socket, session_id: string): Promise<number[]> {
  const seen = new Promise<number>((resolve) => {
    reader.once('echoed', () => resolve(performance.now()))
  })
  const startedAt = performance.now()
  const acked = writer
    .emitWithAck('echo', { session_id, value: randomUUID() })
    .then(() => performance.now())
  return [await acked, await seen].map((at) => at - startedAt)
}

/** The same with plain Socket.IO, whose server only hands the value on. */
export async function echoDelays(url: string, count: number): Promise<Delays> {
  const options = { transports, forceNew: true }
  const [writer, reader] = [io(url, options), io(url, options)]
  try {
    const session_id = randomUUID()
    for (const socket of [writer, reader]) await socket.emitWithAck('join_session', { session_id })
    const delays: Delays = { local: [], acked: [], seen: [] }
    for (let i = 0; i < count; i++) {
      const [acked = NaN, seen = NaN] = await echoOnce(writer, reader, session_id)
      delays.acked.push(acked)
      delays.seen.push(seen)
    }
    return delays
  } finally {
    for (const socket of [writer, reader]) socket.close()
  }
}
