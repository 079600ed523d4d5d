import { setTimeout as pause } from 'node:timers/promises'
import type { RawClient } from '../raw-client.js'
import type { ServerProcess } from '../server-process.js'
import { batchOf, importGraph } from './graph-making.js'
import { call } from './http-call.js'
import { connectMember } from './membership.js'
import { watched, type Watched } from './pinger.js'
import { sendAll, type Request } from './requests.js'
import { nodeId, type Shape } from './shape.js'

/** A large session on a server that has just started, and what is imported beside it. */
export type Setting = {
  server: ServerProcess
  session_id: string
  shape: Shape
  file: string
  /** Of the rounds in which that session is edited, each to other values. */
  round: number
}

/** What is watched, in this order; `bound`: milliseconds that it may take. */
export const WORKS = [
  { name: 'nothing' },
  { name: 'opening' },
  { name: 'joining, two clients' },
  { name: 'reading the whole graph' },
  { name: 'edits, with snapshots' },
  { name: 'import' },
  { name: 'saving' },
  { name: 'exporting' },
  { name: 'loading' },
  { name: 'deleting the imported session' },
  { name: 'batches of a megabyte' },
  { name: 'preview of such a batch' },
  { name: 'preview of the deletion' },
  { name: 'deleting the subtree', bound: 1_000 },
  { name: 'undoing that', bound: 1_000 },
  { name: 'redoing that', bound: 1_000 },
  { name: 'many commands that are refused' },
] as const

export type WorkName = (typeof WORKS)[number]['name']

/** More than lie between two snapshots of a graph of 100,000 nodes. */
const EDITS = 5_000

/** At once, on one socket, each under an id of its own. */
const REFUSED = 1_000

const BATCHES = 4

function edits({ session_id, shape, round }: Setting): Request[] {
  return Array.from({ length: EDITS }, (_, i) => {
    const data = {
      node_id: nodeId(i % shape.nodes),
      property_id: 'note',
      new_value: `edit ${round}-${i}`,
    }
    return ['execute_command', { session_id, command_type: 'UpdateProperty', data }]
  })
}

/** Resolves when each of many deletions of nodes that do not exist was answered. */
function refusals(client: RawClient, { session_id, round }: Setting): Promise<void> {
  let left = REFUSED
  return new Promise((resolve) => {
    for (let i = 0; i < REFUSED; i++) {
      const command_id = `refused ${round}-${i}`
      const command = { command_type: 'DeleteNode', data: { node_id: `none ${i}` } } as const
      client.emit(['execute_command', { session_id, command_id, ...command }], () => {
        if (--left === 0) resolve()
      })
    }
  })
}

/** Does all of it, one after the other, with two clients in the session once it is open. */
export async function watchAll(setting: Setting): Promise<Map<WorkName, Watched>> {
  const { server, session_id, shape, file, round } = setting
  const { url } = server
  const members: RawClient[] = []
  const first = () => members[0] ?? Promise.reject(new Error('Nobody has joined'))
  const send = async (requests: Request[]) => sendAll(await first(), requests, 32)
  const post = (path: string, body: object) =>
    call(url, { method: 'POST', path, body: JSON.stringify(body) })
  const deletion = { command_type: 'DeleteNode', data: { node_id: nodeId(0) } } as const
  // The large session may have no room for more.
  const batch = { session_id: `batches-${round}`, ...batchOf(shape) }
  let imported = { project_id: '', session_id: '' }
  const project = () => `/projects/${imported.project_id}`
  const work: Record<WorkName, () => Promise<unknown>> = {
    nothing: () => pause(1_000),
    opening: () => call(url, { path: `/sessions/${session_id}` }),
    'joining, two clients': async () => {
      members.push(await connectMember(url, { session_id }))
      members.push(await connectMember(url, { session_id, stream: 'changes' }))
    },
    'reading the whole graph': () => call(url, { path: `/graph?session_id=${session_id}` }),
    'edits, with snapshots': () => send(edits(setting)),
    import: async () => {
      imported = await importGraph(url, file)
    },
    saving: () => post(`${project()}/save`, {}),
    exporting: () => call(url, { path: `${project()}/export` }),
    loading: () => post(`${project()}/load`, {}),
    'deleting the imported session': () =>
      call(url, { method: 'DELETE', path: `/sessions/${imported.session_id}` }),
    'batches of a megabyte': async () => {
      await post('/sessions', { session_id: batch.session_id })
      for (let i = 0; i < BATCHES; i++) await post('/commands/execute', batch)
    },
    'preview of such a batch': () => post('/commands/preview', batch),
    'preview of the deletion': () => post('/commands/preview', { session_id, ...deletion }),
    'deleting the subtree': () => send([['execute_command', { session_id, ...deletion }]]),
    'undoing that': () => send([['undo_command', { session_id }]]),
    'redoing that': () => send([['redo_command', { session_id }]]),
    'many commands that are refused': async () => refusals(await first(), setting),
  }
  const results = new Map<WorkName, Watched>()
  for (const { name } of WORKS) results.set(name, await watched(server, work[name]))
  // The next round finds the graph as this one did.
  await send([['undo_command', { session_id }]])
  for (const member of members) member.close()
  return results
}
