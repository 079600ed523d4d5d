import { connect, type Session } from '@talus/client'
import { once } from 'node:events'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { startTalus } from '../contenders.js'
import { figure } from '../report.js'
import { median } from '../statistics.js'
import { medianOf } from './findings.js'
import type { Part, PartOptions } from './part.js'

const COLLEAGUE = new URL('queue-colleague.js', import.meta.url)
const NODES = 5_000
const BATCH = 1_000
const LONGEST = 4_000
const GOAL = { ms: 0.3, block: 100 }

/** Milliseconds that the client's loop was busy for each command, and that it stood still at most. */
type Replay = { ms: number; block: number }

async function make(session: Session): Promise<readonly string[]> {
  const create = (name: string) =>
    ({ command_type: 'CreateNode', data: { blueprint_type_id: 'task', name } }) as const
  for (let at = 0; at < NODES; at += BATCH) {
    await session.batch(Array.from({ length: BATCH }, (_, n) => create(`node ${at + n}`)))
  }
  return session.graph.roots()
}

/** What is in the queue, and what the colleague does meanwhile. */
type Kind = {
  name: string
  /** Whether the colleague edits what the commands edit, and not other nodes. */
  isShared: boolean
  prepare?: (session: Session, node_id: string, length: number) => Promise<unknown>
  call: (session: Session, ids: readonly string[], n: number) => unknown
}

const set = (session: Session, node_id: string, new_value: number, options = {}) =>
  session.execute('UpdateProperty', { node_id, property_id: 'mine', new_value }, options)

const edit: Kind['call'] = (session, ids, n) =>
  n % 6 === 0
    ? session.execute('CreateNode', { blueprint_type_id: 'task', name: `mine ${n}` })
    : set(session, ids[n % (NODES / 2)] ?? '', n)

const KINDS: readonly Kind[] = [
  { name: 'a colleague at other nodes', isShared: false, call: edit },
  { name: 'a colleague at the same properties', isShared: true, call: edit },
  {
    name: 'moves to the front of a list',
    isShared: false,
    call: (session, ids, n) =>
      session.execute('MoveNode', {
        node_id: ids[n % (NODES / 2)] ?? '',
        parent_id: null,
        position: { at: 'start' },
      }),
  },
  {
    name: 'refused, of one node',
    isShared: false,
    // An id that was used for something else is refused, and no client knows that ahead.
    prepare: (session, node_id, length) =>
      Promise.all(
        Array.from({ length }, (_, n) => set(session, node_id, n, { commandId: `used-${n}` })),
      ),
    call: (session, [node_id = ''], n) => set(session, node_id, -n - 1, { commandId: `used-${n}` }),
  },
]

async function replay(
  url: string,
  session_id: string,
  length: number,
  { isShared, prepare, call }: Kind,
): Promise<Replay> {
  const client = connect(url, { actor: 'queue', store: null })
  const session = await client.join(session_id)
  const ids = await make(session)
  await prepare?.(session, ids[0] ?? '', length)
  const half = NODES / 2
  const workerData = {
    url,
    session_id,
    node_ids: isShared ? ids.slice(0, half) : ids.slice(half),
    property_id: isShared ? 'mine' : 'theirs',
  }
  const colleague = new Worker(COLLEAGUE, { workerData })
  try {
    await once(colleague, 'message')
    for (let n = 0; n < length; n++) void call(session, ids, n)
    await pause(0)
    const delay = monitorEventLoopDelay({ resolution: 5 })
    delay.enable()
    const before = performance.eventLoopUtilization()
    await session.flush()
    const { active } = performance.eventLoopUtilization(before)
    delay.disable()
    return { ms: active / length, block: delay.max / 1e6 }
  } finally {
    await colleague.terminate()
    client.close()
  }
}

type Row = { kind: Kind; length: number; replays: Replay[] }

async function measure(url: string, { quick, onProgress }: PartOptions): Promise<Row[]> {
  const lengths = quick ? [200] : [500, LONGEST]
  const rows = KINDS.flatMap((kind) =>
    lengths.map((length): Row => ({ kind, length, replays: [] })),
  )
  for (let round = 0; round < (quick ? 1 : 4); round++) {
    for (const [at, { kind, length, replays }] of rows.entries()) {
      onProgress(`queue: ${length} commands, ${kind.name}`)
      const found = await replay(url, `queue-${round}-${at}`, length, kind)
      // The first round compiles the code.
      if (quick || round > 0) replays.push(found)
    }
  }
  return rows
}

/** A long queue that is sent beside a colleague who makes 50 changes a second (goal P13). */
export const queuePart: Part = {
  name: 'queue',
  async run(options) {
    const { server, stop } = await startTalus(options.nodeArgs)
    try {
      const rows = await measure(server.url, options)
      const longest = rows.filter(({ length }) => options.quick || length === LONGEST)
      return {
        title: 'Queue',
        tables: [
          [
            ['commands', 'of which kind', 'ms each', 'longest block ms'],
            ...rows.map(({ kind, length, replays }) => [
              length.toLocaleString('en'),
              kind.name,
              figure(median(replays.map(({ ms }) => ms))),
              figure(median(replays.map(({ block }) => block))),
            ]),
          ],
        ],
        list: longest.flatMap(({ kind: { name: what }, replays }) => [
          medianOf(
            { id: 'P13', what: `${what}, each command`, unit: ' ms', bound: GOAL.ms },
            replays.map(({ ms }) => ms),
          ),
          medianOf(
            { id: 'P13', what: `${what}, block`, unit: ' ms', bound: GOAL.block },
            replays.map(({ block }) => block),
          ),
        ]),
      }
    } finally {
      await stop()
    }
  },
}
