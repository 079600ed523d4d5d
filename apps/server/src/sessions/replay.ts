import type { Entry } from '@talus/protocol'
import type { Receipt } from '../journal/journal.js'
import type { SessionState } from './session-document.js'

/** Folds entries, and the receipts between them, into the state of a session, one by one. */
export class Replay {
  readonly state: SessionState
  /** Those still to come, the next one last. */
  readonly #receipts: Receipt[]

  /** `receipts`: of that state and later, in the order in which they were appended. */
  constructor(state: SessionState, receipts: readonly Receipt[]) {
    this.state = state
    this.#receipts = receipts.toReversed()
    this.#consume()
  }

  /** Takes in the next entry, as JSON. Throws when it does not fit the graph. */
  take(body: string): void {
    const entry = JSON.parse(body) as Entry
    this.state.graph.apply(entry.changes)
    this.state.history.record(entry, body)
    this.state.seq = entry.seq
    this.#consume()
  }

  #consume(): void {
    const { history, seq } = this.state
    for (let next = this.#receipts.at(-1); next; next = this.#receipts.at(-1)) {
      if (next.after_seq > seq) return
      const { consumes } = next
      if (consumes) history.consume(consumes.kind, consumes.actor_id, consumes.target_command_id)
      this.#receipts.pop()
    }
  }
}
