import type { Participant } from '@talus/protocol'
import type { ArrivalNotice } from '../broadcast/arrivals.js'
import type { RemoteClient } from '../broadcast/hub.js'
import type { PresenceText } from '../presence/room.js'
import type { PresentClient } from './bus.js'

type Remote = PresentClient & { node: string }

/** Called when changes on other servers are visible to this server's clients. */
type Changes = () => {
  arrived: (session_id: string, notice: ArrivalNotice) => void
  moved: (session_id: string, changes: readonly PresenceText[]) => void
}

/** The clients of other servers, with their presence, as reported by those servers. */
export class Elsewhere {
  readonly #changes: Changes
  readonly #sessions = new Map<string, Map<string, Remote>>()
  /** Clients received so far of a server's new list, until the list is complete. */
  readonly #begun = new Map<string, Set<string>>()

  constructor(changes: Changes) {
    this.#changes = changes
  }

  count(session_id: string): number {
    return this.#sessions.get(session_id)?.size ?? 0
  }

  participants(session_id: string): Iterable<Participant> {
    return this.#of(session_id)
  }

  /** The presence of the clients of other servers. */
  presence(session_id: string): PresenceText[] {
    return [...this.#of(session_id)].flatMap(({ client_id, actor, state: text }) =>
      text === undefined ? [] : { client_id, actor, text },
    )
  }

  /** A client of another server. */
  find(session_id: string, client_id: string): Remote | undefined {
    return this.#sessions.get(session_id)?.get(client_id)
  }

  /** Takes one part of a server's list of clients, which replaces its previous list. */
  take(
    node: string,
    clients: readonly PresentClient[],
    { begins, ends }: { begins: boolean; ends: boolean },
  ): void {
    if (begins) this.#begun.set(node, new Set())
    const told = this.#begun.get(node)
    const { arrived, moved } = this.#changes()
    for (const client of clients) {
      const { session_id, client_id, actor, state: text } = client
      told?.add(`${session_id} ${client_id}`)
      const before = this.#put({ ...client, node })
      if (!before) arrived(session_id, { event: 'session:connected', client_id, actor })
      if (text !== undefined && before?.state !== text)
        moved(session_id, [{ client_id, actor, text }])
    }
    if (!ends || !told) return
    this.#begun.delete(node)
    this.#remove(
      (remote) => remote.node === node && !told.has(`${remote.session_id} ${remote.client_id}`),
    )
  }

  /** A client joined or left on another server. */
  arrival(node: string, session_id: string, notice: ArrivalNotice, client?: RemoteClient): void {
    const { event, client_id } = notice
    if (event === 'session:connected' && client) {
      this.#put({ ...client, node })
      this.#begun.get(node)?.add(`${session_id} ${client_id}`)
    } else {
      // Both its previous and its new server may report this.
      this.drop(session_id, client_id)
    }
    this.#changes().arrived(session_id, notice)
  }

  moved(session_id: string, changes: readonly PresenceText[]): void {
    for (const { client_id, text } of changes) {
      const remote = this.find(session_id, client_id)
      if (!remote) continue
      if (text === 'null') delete remote.state
      else remote.state = text
    }
    this.#changes().moved(session_id, changes)
  }

  /** Removes a client that has left, or has moved to this server. */
  drop(session_id: string, client_id: string): void {
    const room = this.#sessions.get(session_id)
    room?.delete(client_id)
    if (room?.size === 0) this.#sessions.delete(session_id)
  }

  /** Removes a server that is gone, with its clients. */
  forget(node: string): void {
    this.#begun.delete(node)
    this.#remove((remote) => remote.node === node)
  }

  /** The session was deleted. */
  end(session_id: string): void {
    this.#sessions.delete(session_id)
  }

  #of(session_id: string): Iterable<Remote> {
    return this.#sessions.get(session_id)?.values() ?? []
  }

  #put(remote: Remote): Remote | undefined {
    const room = this.#sessions.get(remote.session_id) ?? new Map<string, Remote>()
    const before = room.get(remote.client_id)
    this.#sessions.set(remote.session_id, room.set(remote.client_id, remote))
    return before
  }

  #remove(isGone: (remote: Remote) => boolean): void {
    const { arrived, moved } = this.#changes()
    for (const [session_id, room] of this.#sessions) {
      for (const remote of [...room.values()].filter(isGone)) {
        const { client_id, actor, state } = remote
        this.drop(session_id, client_id)
        if (state !== undefined) moved(session_id, [{ client_id, actor, text: 'null' }])
        arrived(session_id, { event: 'session:disconnected', client_id })
      }
    }
  }
}
