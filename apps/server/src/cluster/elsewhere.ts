import type { Participant } from '@talus/protocol'
import type { ArrivalNotice } from '../broadcast/arrivals.js'
import type { RemoteClient } from '../broadcast/hub.js'
import type { PresenceText } from '../presence/room.js'
import type { PresentClient } from './bus.js'

type Remote = PresentClient & { node: string }

/** Told when what is known of other servers changes what this server's clients see. */
type Changes = () => {
  arrived: (session_id: string, notice: ArrivalNotice) => void
  moved: (session_id: string, changes: readonly PresenceText[]) => void
}

/** The clients of other servers, and where they are: as they have told it. */
export class Elsewhere {
  readonly #changes: Changes
  readonly #sessions = new Map<string, Map<string, Remote>>()
  /** What a server tells anew, until it has told all of it. */
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

  /** Where they are. */
  presence(session_id: string): PresenceText[] {
    return [...this.#of(session_id)].flatMap(({ client_id, actor, state: text }) =>
      text === undefined ? [] : { client_id, actor, text },
    )
  }

  /** A client of another server. */
  find(session_id: string, client_id: string): Remote | undefined {
    return this.#sessions.get(session_id)?.get(client_id)
  }

  /** A part of what a server says of its clients; what it said before counts no longer. */
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

  /** Somebody came to another server, or left it. */
  arrival(node: string, session_id: string, notice: ArrivalNotice, client?: RemoteClient): void {
    const { event, client_id } = notice
    if (event === 'session:connected' && client) {
      this.#put({ ...client, node })
      this.#begun.get(node)?.add(`${session_id} ${client_id}`)
    } else {
      // It may be told by the server that it has left, and by the one that it has come to.
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

  /** The client is on this server now, or nowhere. */
  drop(session_id: string, client_id: string): void {
    const room = this.#sessions.get(session_id)
    room?.delete(client_id)
    if (room?.size === 0) this.#sessions.delete(session_id)
  }

  /** The server has gone: so have its clients. */
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
