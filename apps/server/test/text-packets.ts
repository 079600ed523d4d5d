import type { RawClient } from './harness.js'

const ACK = 3
let lastId = 1_000_000

/** Sends a packet as text, past the client's own encoder. */
export function sendText(client: RawClient, packet: string): void {
  client.socket.io.engine.write(packet)
}

/**
 * Emits an event whose arguments are given as JSON text: the client's own encoder would refuse or
 * change what is sent here. Resolves with the acknowledgement, rejects when the server hangs up.
 */
export function askInText(
  client: RawClient,
  { namespace, event, json }: { namespace: string; event: string; json?: string },
): Promise<Record<string, unknown>> {
  lastId += 1
  const id = lastId
  const nsp = namespace === '/' ? '' : `${namespace},`
  const args = [JSON.stringify(event), ...(json === undefined ? [] : [json])]
  return new Promise((resolve, reject) => {
    client.socket.io.on('packet', (packet) => {
      if (Number(packet.type) !== ACK || packet.id !== id) return
      resolve((packet.data as Record<string, unknown>[])[0] ?? {})
    })
    client.socket.once('disconnect', (reason) => reject(new Error(reason)))
    sendText(client, `2${nsp}${id}[${args.join(',')}]`)
  })
}
