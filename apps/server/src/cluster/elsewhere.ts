import type { Participant } from '@talus/protocol'
import type { ArrivalNotice } from '../broadcast/arrivals.js'
import { keptOf, type KeptPresence, type PresenceText } from '../presence/room.js'
import type { RemoteClient } from './bus.js'

type Remote = Omit<RemoteClient, 'state'> & { node: string; kept: KeptPresence | undefined }

/** Told when what is known of other servers changes what this server's clients see. */
type Changes = {
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

  participants(session_id: string): Participant[] {
    return [...this.#of(session_id)].map(({ client_id, actor }) => ({ client_id, actor }))
  }

  everybody(session_id: string): KeptPresence[] {
    return [...this.#of(session_id)].flatMap(({ kept }) => kept ?? [])
  }

  /** A client of another server. */
  find(session_id: string, client_id: string): Remote | undefined {
    return this.#sessions.get(session_id)?.get(client_id)
  }

  /** A part of what a server says of its clients; what it said before counts no longer. */
  take(
    node: string,
    clients: readonly RemoteClient[],
    { begins, ends }: { begins: boolean; ends: boolean },
  ): void {
    if (begins) this.#begun.set(node, new Set())
    const told = this.#begun.get(node)
    for (const { state, ...client } of clients) {
      told?.add(`${client.session_id} ${client.client_id}`)
      const kept = state === undefined ? undefined : keptOfText(client, state)
      const before = this.#put({ ...client, node, kept })
      const { session_id, client_id, actor } = client
      if (!before)
        this.#changes.arrived(session_id, { event: 'session:connected', client_id, actor })
      if (kept && before?.kept?.text !== kept.text) this.#changes.moved(session_id, [kept])
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
      this.#put({ ...client, node, kept: undefined })
      this.#begun.get(node)?.add(`${session_id} ${client_id}`)
      return this.#changes.arrived(session_id, notice)
    }
    // It may be told by the server that it has left, and by the one that it has come to.
    if (this.#sessions.get(session_id)?.has(client_id)) this.drop(session_id, client_id)
    this.#changes.arrived(session_id, notice)
  }

  presence(session_id: string, changes: readonly PresenceText[]): void {
    for (const change of changes) {
      const remote = this.find(session_id, change.client_id)
      if (remote) remote.kept = change.text === 'null' ? undefined : keptOfText(change, change.text)
    }
    this.#changes.moved(session_id, changes)
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
    for (const [session_id, room] of this.#sessions) {
      for (const remote of [...room.values()].filter(isGone)) {
        const { client_id, actor, kept } = remote
        this.drop(session_id, client_id)
        if (kept) this.#changes.moved(session_id, [{ client_id, actor, text: 'null' }])
        this.#changes.arrived(session_id, { event: 'session:disconnected', client_id })
      }
    }
  }
}

function keptOfText(
  { client_id, actor }: Pick<PresenceText, 'client_id' | 'actor'>,
  text: string,
): KeptPresence {
  return keptOf({ client_id, actor, state: JSON.parse(text) as KeptState }, text)
}

type KeptState = Parameters<typeof keptOf>[0]['state']
