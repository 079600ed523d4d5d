import type { Namespace, Socket } from 'socket.io'

type Sockets = Pick<Namespace, 'name' | 'sockets'>

type Connections = { labels: { namespace: string; transport: string }; value: number }

/** How many sockets are connected, by namespace and transport. */
export function countConnections(namespaces: readonly Sockets[]): Connections[] {
  return namespaces.flatMap(({ name, sockets }) => {
    const counts = new Map([
      ['websocket', 0],
      ['polling', 0],
    ])
    for (const { conn } of sockets.values()) {
      const { name: transport } = conn.transport
      counts.set(transport, (counts.get(transport) ?? 0) + 1)
    }
    return [...counts].map(([transport, value]) => ({
      labels: { namespace: name, transport },
      value,
    }))
  })
}

/** The connections below the sockets: one may carry sockets of both namespaces. */
export function connectionsOf(namespaces: readonly Sockets[]): Set<Socket['conn']> {
  return new Set(namespaces.flatMap(({ sockets }) => [...sockets.values()].map(({ conn }) => conn)))
}
