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

/** Whether the packets may be sent: each below the message limit, all together bounded. */
export function fits(packets: readonly string[]): boolean {
  let total = 0
  for (const packet of packets) {
    // A UTF-16 unit is at most three bytes: only long packets need counting.
    if (packet.length * 3 > MAX_MESSAGE_BYTES && Buffer.byteLength(packet) > MAX_MESSAGE_BYTES) {
      return false
    }
    total += packet.length
  }
  return total <= MAX_ENTRY_BYTES
}
