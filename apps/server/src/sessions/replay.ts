import { finish, NODES_PER_STEP, type Steps } from '@talus/graph'
import type { Change, Entry, Node } from '@talus/protocol'
import { entryPieces } from '../history/entry-pieces.js'
import type { Receipt } from '../journal/journal.js'
import type { SessionState } from './session-document.js'

/** An entry of its JSON, in steps: one may have 100 MB. */
function* parsedInSteps(body: string): Steps<Entry> {
  const pieces = entryPieces(body)
  const changes: Change[] = []
  let nodes: Node[] = []
  for (;;) {
    const { done, value } = pieces.next()
    if (done) return { ...value, changes }
    if (!value) yield
    else if (value.kind === 'change') changes.push(value.change)
    else if (value.kind === 'node') nodes.push(value.node)
    else changes.push({ type: 'graph-replaced', nodes: (nodes = []) })
    if ((changes.length + nodes.length) % NODES_PER_STEP === 0) yield
  }
}

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
    finish(this.takeInSteps(body))
  }

  *takeInSteps(body: string): Steps<void> {
    const { graph, history } = this.state
    const entry = yield* parsedInSteps(body)
    yield* graph.applyInSteps(entry.changes)
    yield* history.recordInSteps(entry, body)
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
