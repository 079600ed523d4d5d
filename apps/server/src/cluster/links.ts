import type { AccessChanges } from '../auth/access.js'
import type { Memberships } from '../auth/memberships.js'
import type { ShareLinks } from '../auth/share-links.js'
import type { Broadcaster, Hub, Neighbours } from '../broadcast/hub.js'
import type { Publication } from '../broadcast/publication.js'
import type { LocalPresence, PresenceAudience } from '../presence/presence.js'
import type { SharedRates } from '../limits/shared-rates.js'
import type { PresenceText } from '../presence/room.js'
import type { SessionStore } from '../session/store.js'
import type { Cluster, Told } from './cluster.js'

// Connects the parts of this server with the other servers.

export function neighboursOf(cluster: Cluster): Neighbours {
  const { elsewhere } = cluster
  return {
    count: (session_id) => elsewhere.count(session_id),
    participants: (session_id) => elsewhere.participants(session_id),
    find: (session_id, client_id) => elsewhere.find(session_id, client_id),
    tellArrival(session_id, notice, client) {
      cluster.tell({ kind: 'arrival', session_id, notice, ...(client && { client }) })
    },
    tellReplaced(session_id, client_id) {
      elsewhere.drop(session_id, client_id)
      cluster.tell({ kind: 'replaced', session_id, client_id })
    },
  }
}

function withoutMemory({ client_id, actor, text, replaces }: PresenceText): PresenceText {
  return { client_id, actor, text, ...(replaces !== undefined && { replaces }) }
}

/** Shows presence to the clients of this server and of the others. */
export function audienceOf(hub: Hub, cluster: Cluster): PresenceAudience {
  return {
    showPresence(session_id, changes) {
      hub.showPresence(session_id, changes)
      cluster.tell({ kind: 'presence', session_id, changes: changes.map(withoutMemory) })
    },
    tell: (session_id, client_id, error) => hub.tell(session_id, client_id, error),
    count: (session_id) => hub.count(session_id),
  }
}

/** Publications that are not in the journal; other servers send `command:executing` with the entry. */
function unwritten(publications: readonly Publication[]): Publication[] {
  return publications.flatMap((publication) => {
    const { kind } = publication
    if (kind === 'saved') return publication
    return kind === 'unchanged' || kind === 'failed' ? { ...publication, announced: false } : []
  })
}

/** Publishes to the clients of this server; sends other servers what is not in the journal. */
export function broadcasterOf(hub: Hub, cluster: Cluster): Broadcaster {
  const tell: Broadcaster['publish'] = ({ session_id, seq }, all) => {
    const publications = unwritten(all)
    if (publications.length > 0) cluster.tell({ kind: 'told', session_id, seq, publications })
  }
  return {
    prepare: (session, publications) => hub.prepare(session, publications),
    publish(session, publications, made) {
      hub.publish(session, publications, made)
      tell(session, publications)
    },
    *publishInSteps(session, publications) {
      yield* hub.publishInSteps(session, publications)
      tell(session, publications)
    },
    relay: (session, publications) => hub.relay(session, publications),
  }
}

type Parts = {
  hub: Hub
  presence: LocalPresence
  sessions: SessionStore
  memberships: Memberships
  links: ShareLinks
  changes: AccessChanges
  rates: SharedRates
  /** A session starts to apply entries of another server. */
  onFollowed: () => void
}

/** Reloads the roles of a session, and checks the roles of its clients again. */
export function refreshRoles({ hub, memberships }: Pick<Parts, 'hub' | 'memberships'>) {
  return async (session_id: string): Promise<void> => {
    if (await memberships.refresh(session_id)) await hub.review(session_id)
  }
}

/** Handlers of messages from other servers. */
export function toldOf(parts: Parts): Told {
  const { hub, presence, sessions, links, changes, rates, onFollowed } = parts
  const refresh = refreshRoles(parts)
  return {
    clients: () =>
      [...hub.clients()].map((client) => {
        const state = presence.textOf(client.session_id, client.client_id)
        return state === undefined ? client : { ...client, state }
      }),
    arrived: (session_id, notice) => hub.announceHere(session_id, notice),
    moved: (session_id, moves) => hub.showPresence(session_id, moves),
    appended([session_id, seq, epoch, bodies]) {
      const session = sessions.peekHeld(session_id)
      if (!session || session.seq >= seq) return
      onFollowed()
      // With another epoch they belong to another session of that id.
      session.follow(seq, epoch === session.record.epoch ? bodies : undefined)
    },
    published(session_id, seq, publications) {
      void sessions.peekHeld(session_id)?.hear(seq, publications)
    },
    replaced: (session_id, client_id) => hub.replace(session_id, client_id),
    roles(session_id, { actor_id, role }) {
      void refresh(session_id).then(() => hub.showRole(session_id, actor_id, role))
    },
    revoked(session_id, link_id) {
      links.drop(session_id, link_id)
      changes.add(session_id)
      void hub.review(session_id)
    },
    uses: () => rates.used(),
    used: (uses) => rates.hear(uses),
    session: (session_id, epoch) => sessions.replaced(session_id, epoch),
  }
}
