import type { Presence, PresenceChange } from '@talus/protocol'
import { namedNodes, withoutNodes } from './named-nodes.js'

/** Where the clients of one session are, and what of it has not been shown yet. Pure state. */
export class PresenceRoom {
  readonly #present = new Map<string, Presence>()
  /** One change for each client, the latest: those before it are never shown (rule PRES1). */
  readonly #unseen = new Map<string, PresenceChange>()

  get isEmpty(): boolean {
    return this.#present.size === 0 && this.#unseen.size === 0
  }

  everybody(): Presence[] {
    return [...this.#present.values()]
  }

  update({ client_id, actor, state }: PresenceChange): void {
    // Nobody has to be told that a client is gone of which nobody knows.
    if (state === null && !this.#present.has(client_id)) return
    if (state === null) this.#present.delete(client_id)
    else this.#present.set(client_id, { client_id, actor, state })
    this.#unseen.set(client_id, { client_id, actor, state })
  }

  /** Forgets a client. What others have to be told: nothing when it had no presence. */
  leave(client_id: string): PresenceChange | undefined {
    const known = this.#present.get(client_id) ?? this.#unseen.get(client_id)
    this.#present.delete(client_id)
    this.#unseen.delete(client_id)
    return known && { client_id, actor: known.actor, state: null }
  }

  /** Every node that somebody names. */
  named(): Set<string> {
    return new Set(this.everybody().flatMap(({ state }) => namedNodes(state)))
  }

  prune(isGone: (node_id: string) => boolean): void {
    for (const presence of this.everybody()) {
      const state = withoutNodes(presence.state, isGone)
      if (state !== presence.state) this.update({ ...presence, state })
    }
  }

  takeUnseen(): PresenceChange[] {
    const changes = [...this.#unseen.values()]
    this.#unseen.clear()
    return changes
  }
}
