import { setTimeout as pause } from 'node:timers/promises'
import type { RawClient } from '../raw-client.js'
import { importGraph } from './graph-making.js'
import { call } from './http-call.js'
import { connectMember } from './membership.js'
import { watched, type Watched } from './pinger.js'
import { sendAll, type Request } from './requests.js'
import { nodeId, type Shape } from './shape.js'

/** A large session on a server that has just started, and what is imported beside it. */
export type Setting = {
  url: string
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
  { name: 'deleting the subtree', bound: 1_000 },
  { name: 'undoing that', bound: 1_000 },
] as const

export type WorkName = (typeof WORKS)[number]['name']

/** More than lie between two snapshots of a graph of 100,000 nodes. */
const EDITS = 5_000

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

/** Does all of it, one after the other, with two clients in the session once it is open. */
export async function watchAll(setting: Setting): Promise<Map<WorkName, Watched>> {
  const { url, session_id, file } = setting
  const members: RawClient[] = []
  const first = () => members[0] ?? Promise.reject(new Error('Nobody has joined'))
  const send = async (requests: Request[]) => sendAll(await first(), requests, 32)
  const work: Record<WorkName, () => Promise<unknown>> = {
    nothing: () => pause(1_000),
    opening: () => call(url, { path: `/sessions/${session_id}` }),
    'joining, two clients': async () => {
      members.push(await connectMember(url, { session_id }))
      members.push(await connectMember(url, { session_id, stream: 'changes' }))
    },
    'reading the whole graph': () => call(url, { path: `/graph?session_id=${session_id}` }),
    'edits, with snapshots': () => send(edits(setting)),
    import: () => importGraph(url, file),
    'deleting the subtree': () => {
      const data = { node_id: nodeId(0) }
      return send([['execute_command', { session_id, command_type: 'DeleteNode', data }]])
    },
    'undoing that': () => send([['undo_command', { session_id }]]),
  }
  const results = new Map<WorkName, Watched>()
  for (const { name } of WORKS) results.set(name, await watched(url, work[name]))
  for (const member of members) member.close()
  return results
}
