import type { GRAPH_EVENTS, GraphPayload, ROOT_EVENTS, RootPayload } from '@talus/protocol'

/** Larger messages are never sent (rule SYNC4). */
export const MAX_MESSAGE_BYTES = 1_000_000

/** What one entry may put on the wire; beyond it clients fetch the graph instead. */
export const MAX_ENTRY_BYTES = 4_000_000

/** An event of `/` as a Socket.IO packet. */
export function rootPacket<Name extends keyof typeof ROOT_EVENTS>(
  name: Name,
  payload: RootPayload<Name>,
): string {
  return `2["${name}",${JSON.stringify(payload)}]`
}

/** An event of `/graph` as a Socket.IO packet. */
export function graphPacket<Name extends keyof typeof GRAPH_EVENTS>(
  name: Name,
  payload: GraphPayload<Name>,
): string {
  return `2/graph,["${name}",${JSON.stringify(payload)}]`
}

/**
 * The packets, if they may be sent: each below the message limit, all together bounded. Takes no
 * more of them than it needs to tell.
 */
export function fitting(packets: Iterable<string>): string[] | undefined {
  const taken: string[] = []
  let total = 0
  for (const packet of packets) {
    total += packet.length
    if (total > MAX_ENTRY_BYTES || isTooLong(packet)) return undefined
    taken.push(packet)
  }
  return taken
}

function isTooLong(packet: string): boolean {
  // A UTF-16 unit is at most three bytes: only long packets need counting.
  return packet.length * 3 > MAX_MESSAGE_BYTES && Buffer.byteLength(packet) > MAX_MESSAGE_BYTES
}
