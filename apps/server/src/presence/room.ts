import type { Actor, Change, Presence, PresenceChange, PresenceState } from '@talus/protocol'

/**
 * What clients are told of one of them. The state is kept and sent as JSON: as objects it took twenty
 * times the memory of its text (`[[],[],…]`: 3 bytes of text are 48 bytes of objects).
 */
export type PresenceText = {
  client_id: string
  actor: Actor
  /** The state as JSON; `null`: there is none. */
  text: string
  /** The client whose place it has taken. */
  replaces?: string
}

/** A state that is kept, and what it takes. */
export type KeptPresence = PresenceText & {
  /** The nodes that it names. */
  named: readonly string[]
  /** Bytes in memory, roughly. */
  bytes: number
}

/** What a string and an entry of a list take beside their characters, roughly. */
const NAME_BYTES = 100
const STATE_BYTES = 300

export function keptOf({ client_id, actor, state }: Presence, text: string): KeptPresence {
  const named = namedNodes(state)
  const names = named.reduce((bytes, name) => bytes + NAME_BYTES + name.length, 0)
  return { client_id, actor, text, named, bytes: STATE_BYTES + bytesOfText(text) + names }
}

/** A state that was kept, as it came in. */
export function presenceOf({ client_id, actor, text }: PresenceText): Presence {
  return { client_id, actor, state: JSON.parse(text) as PresenceState }
}

/** Where the clients of one session are, and what of it has not been shown yet. Pure state. */
export class PresenceRoom {
  readonly #present = new Map<string, KeptPresence>()
  /** One change for each client, the latest: those before it are never shown (rule PRES1). */
  readonly #unseen = new Map<string, PresenceText>()
  /** Every node that somebody names, with how many do: looked at for each commit that deletes. */
  readonly #named = new Map<string, number>()

  get isEmpty(): boolean {
    return this.#present.size === 0 && this.#unseen.size === 0
  }

  get hasUnseen(): boolean {
    return this.#unseen.size > 0
  }

  everybody(): KeptPresence[] {
    return [...this.#present.values()]
  }

  /** What is kept of a client. */
  of(client_id: string): KeptPresence | undefined {
    return this.#present.get(client_id)
  }

  get named(): Names {
    return this.#named
  }

  set(kept: KeptPresence): void {
    this.#name(this.#present.get(kept.client_id), -1)
    this.#name(kept, 1)
    this.#present.set(kept.client_id, kept)
    this.#unseen.set(kept.client_id, kept)
  }

  /** Takes back the state of a client; others see that at the next beat. */
  clear({ client_id, actor }: Pick<PresenceChange, 'client_id' | 'actor'>): void {
    // Nobody has to be told that a client is gone of which nobody knows.
    if (!this.#remove(client_id)) return
    this.#unseen.set(client_id, { client_id, actor, text: 'null' })
  }

  /** The state of a client becomes that of another. Undefined: there is none. */
  move(from: string, to: Pick<Presence, 'client_id' | 'actor'>): KeptPresence | undefined {
    const known = this.#present.get(from)
    this.#present.delete(from)
    this.#unseen.delete(from)
    const kept = known && { ...known, ...to }
    if (kept) this.#present.set(kept.client_id, kept)
    return kept
  }

  /** Takes a state that others have seen already. */
  adopt(kept: KeptPresence): KeptPresence {
    this.#name(kept, 1)
    this.#present.set(kept.client_id, kept)
    return kept
  }

  /** Forgets a client. What others have to be told: nothing when it had no presence. */
  leave(client_id: string): PresenceText | undefined {
    const known = this.#present.get(client_id) ?? this.#unseen.get(client_id)
    this.#remove(client_id)
    this.#unseen.delete(client_id)
    return known && { client_id, actor: known.actor, text: 'null' }
  }

  /** Takes nodes out of every state. Gives the states as they were and as they are. */
  prune(isGone: (node_id: string) => boolean): { before: KeptPresence; after: KeptPresence }[] {
    const changed = this.everybody().filter(({ named }) => named.some(isGone))
    return changed.map((before) => {
      const presence = presenceOf(before)
      const state = withoutNodes(presence.state, isGone)
      const after = keptOf({ ...presence, state }, JSON.stringify(state))
      this.set(after)
      return { before, after }
    })
  }

  #remove(client_id: string): boolean {
    this.#name(this.#present.get(client_id), -1)
    return this.#present.delete(client_id)
  }

  #name(kept: KeptPresence | undefined, by: 1 | -1): void {
    for (const id of kept?.named ?? []) {
      const count = (this.#named.get(id) ?? 0) + by
      if (count > 0) this.#named.set(id, count)
      else this.#named.delete(id)
    }
  }

  /** What has not been shown yet, up to so many characters, and one change at least. */
  takeUnseen(most = Infinity): PresenceText[] {
    const changes: PresenceText[] = []
    let left = most
    for (const change of this.#unseen.values()) {
      if (changes.length > 0 && change.text.length > left) break
      left -= change.text.length
      changes.push(change)
      this.#unseen.delete(change.client_id)
    }
    return changes
  }
}

/** The nodes that a state names in the fields that the server understands. */
function namedNodes({ selection = [], focus }: PresenceState): string[] {
  return focus === undefined || focus === null ? selection : [...selection, focus]
}

/** A state without some nodes: the same object when it names none of them (rule PRES2). */
export function withoutNodes(
  state: PresenceState,
  isGone: (node_id: string) => boolean,
): PresenceState {
  const { selection, focus } = state
  const left = selection?.filter((node_id) => !isGone(node_id))
  const unfocused = typeof focus === 'string' && isGone(focus)
  if (left?.length === selection?.length && !unfocused) return state
  return { ...state, ...(left && { selection: left }), ...(unfocused && { focus: null }) }
}

/** Characters of one byte each take one byte in memory, all others two. */
function bytesOfText(text: string): number {
  return Buffer.byteLength(text) === text.length ? text.length : 2 * text.length
}

/** Node ids, each with how many states name it. */
type Names = Pick<ReadonlyMap<string, number>, 'has' | 'keys' | 'size'>

/** Which of the named nodes are gone after all changes: a deletion may have been undone since. */
export function deletedBy(changes: Iterable<Change>, named: Names): Set<string> {
  let gone = new Set<string>()
  for (const change of changes) {
    if (change.type === 'node-removed' && named.has(change.node.id)) gone.add(change.node.id)
    if (change.type === 'node-added') gone.delete(change.node.id)
    if (change.type !== 'graph-replaced') continue
    gone = new Set(named.keys())
    for (const node of change.nodes) gone.delete(node.id)
  }
  return gone
}
