import { MAX_MESSAGE_BYTES, rootPacket } from './packets.js'
import type { Publication, SessionContext } from './publication.js'

const OVERHEAD = 256

function framePacket(session_id: string, bodies: readonly string[]): string {
  return `2["session:changes",{"session_id":"${session_id}","entries":[${bodies.join(',')}]}]`
}

type Committed = Extract<Publication, { kind: 'committed' }>

function resync(session: SessionContext, { entry }: Committed): string {
  return rootPacket('resync:required', {
    event: 'resync:required',
    session_id: session.session_id,
    timestamp: entry.timestamp,
    seq: entry.seq,
    epoch: session.epoch,
    reason: 'An entry is larger than may be sent: fetch the graph',
  })
}

/**
 * The entries of one group commit for those who follow `changes`: one frame, or several when they
 * are more than one message may hold. The bodies are those of the journal, not serialised again.
 */
export function changesPackets(session: SessionContext, items: readonly Publication[]): string[] {
  const packets: string[] = []
  let bodies: string[] = []
  let size = OVERHEAD
  const close = () => {
    if (bodies.length > 0) packets.push(framePacket(session.session_id, bodies))
    bodies = []
    size = OVERHEAD
  }
  for (const item of items) {
    if (item.kind !== 'committed') continue
    const bytes = Buffer.byteLength(item.body) + 1
    if (size + bytes > MAX_MESSAGE_BYTES) close()
    if (OVERHEAD + bytes > MAX_MESSAGE_BYTES) {
      packets.push(resync(session, item))
      continue
    }
    bodies.push(item.body)
    size += bytes
  }
  close()
  return packets
}
