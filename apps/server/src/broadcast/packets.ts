import type { GRAPH_EVENTS, GraphPayload, ROOT_EVENTS, RootPayload } from '@talus/protocol'
import type { SharedFields } from './shared-fields.js'

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
 * The same of a payload in two parts: what it shares with others, and the rest. The name of the
 * event goes into the payload by itself.
 */
export function sharingRootPacket<
  Name extends keyof typeof ROOT_EVENTS,
  Shared extends Partial<RootPayload<Name>>,
>(
  name: Name,
  shared: SharedFields<Shared>,
  rest: Omit<RootPayload<Name>, keyof Shared | 'event'>,
): string {
  return `2["${name}",{"event":"${name}",${shared.text},${JSON.stringify(rest).slice(1)}]`
}

export function sharingGraphPacket<
  Name extends keyof typeof GRAPH_EVENTS,
  Shared extends Partial<GraphPayload<Name>>,
>(name: Name, shared: SharedFields<Shared>, rest: Omit<GraphPayload<Name>, keyof Shared>): string {
  return `2/graph,["${name}",{${shared.text},${JSON.stringify(rest).slice(1)}]`
}

/** Packets that may be sent: each below the message limit, all together bounded. */
export class FittingPackets {
  readonly list: string[] = []
  #total = 0

  /** False: this one does not fit any more. */
  add(packet: string): boolean {
    this.#total += packet.length
    if (this.#total > MAX_ENTRY_BYTES || isTooLong(packet)) return false
    this.list.push(packet)
    return true
  }
}

function isTooLong(packet: string): boolean {
  // A UTF-16 unit is at most three bytes: only long packets need counting.
  return packet.length * 3 > MAX_MESSAGE_BYTES && Buffer.byteLength(packet) > MAX_MESSAGE_BYTES
}
