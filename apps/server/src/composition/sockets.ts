import type { Server as HttpServer } from 'node:http'
import { PROTOCOL_VERSION } from '@talus/protocol'
import type { DoorName } from '../gate/door-name.js'
import { boundedQuestion } from '../observability/bounded-question.js'
import { packageVersion } from '../package-files.js'
import type { Guard } from '../transport/perimeter/guards.js'
import { connectionsOf, countConnections } from '../transport/sockets/connection-counts.js'
import { attachSockets, type RootServer } from '../transport/sockets/socket-server.js'
import type { Composition } from './composition.js'

function exposeMetrics(
  composition: Composition,
  namespaces: Parameters<typeof connectionsOf>[0],
): void {
  const { observation, sources, core, unreadiness, isOpen } = composition
  const { sessions, hub, outbox, presence, journal } = core
  observation.metrics.expose({
    buildInfo: { version: packageVersion(), protocol: PROTOCOL_VERSION },
    connections: () => countConnections(namespaces),
    openSessions: () => sessions.openCount,
    rooms: () => hub.occupancy().rooms,
    clients: () => hub.occupancy().clients,
    bufferedBytes: () => outbox.bufferedFor(connectionsOf(namespaces)),
    fanOut: () => outbox.counts,
    presenceUpdates: () => presence.updates,
    journal: boundedQuestion(() => journal.size(), sources.after),
    isReady: async () => isOpen() && (await unreadiness()) === null,
  })
}

/** Opens both namespaces on an HTTP server, and has their connections measured. */
export function openSockets(http: HttpServer, composition: Composition, guard: Guard): RootServer {
  const { config, observation, faults, sources, core, admission, contractHash } = composition
  const { dispatcher, ...entrance } = admission
  const services = {
    ...core,
    ...entrance,
    ...sources,
    dispatcherAt: (door: DoorName) => observation.watched(dispatcher, door),
    contractHash,
    faults,
    audit: observation.audit,
  }
  const { messageBytes } = config.limits
  const io = attachSockets(http, services, { guard, messageBytes })
  exposeMetrics(composition, [io.of('/'), io.of('/graph')])
  return io
}
