import type { RoleView } from '@talus/graph'
import type { Change, HistoryEntry, Node } from '@talus/protocol'
import type { EntryHead, EntryPiece } from './entry-pieces.js'

/** Touched nodes that a summary names. */
const NAMED = 20

function nodeOf(change: Exclude<Change, { type: 'graph-replaced' }>): string {
  return 'node' in change ? change.node.id : change.node_id
}

/** What of an entry is about one node. */
type Touched = { node_id: string; changes: Change[]; isTouched: boolean }

/** Tells in numbers what an entry did, piece by piece (rule HIST2). */
export class EntrySummary {
  readonly #counts = { added: 0, removed: 0, moved: 0, properties_set: 0, replaced: false }
  readonly #named = new Set<string>()
  readonly #view: RoleView | null
  readonly #node: Touched | undefined
  #isWhole = true

  /** `node_id`: the node of which the changes are kept. */
  constructor(view: RoleView | null, node_id?: string) {
    this.#view = view
    this.#node = node_id === undefined ? undefined : { node_id, changes: [], isTouched: false }
  }

  take(piece: EntryPiece): void {
    if (!piece) return
    if (piece.kind === 'replaced') this.#counts.replaced = true
    if (piece.kind === 'node') this.#seeNode(piece.node)
    if (piece.kind === 'change') this.#take(piece.change)
  }

  /** Whether the entry touched the node, as far as the role may know. */
  get isAboutNode(): boolean {
    return this.#node?.isTouched ?? true
  }

  /** The changes of the node. */
  get changes(): Change[] {
    return this.#node?.changes ?? []
  }

  /** The entry as a history shows it; `undone_by` names the command by which it is undone now. */
  entry(head: EntryHead, undone_by: string | undefined): HistoryEntry {
    const { changes: _, result: __, label, ...told } = head
    const node_ids = [...this.#named].slice(0, NAMED)
    const summary = { ...this.#counts, node_ids, more_nodes: this.#named.size > NAMED }
    const undone = undone_by !== undefined
    return {
      ...told,
      // A label is free text that may repeat what it is about: it goes with what is left out.
      ...(label !== undefined && this.#isWhole && { label }),
      summary,
      undone,
      ...(undone && { undone_by }),
    }
  }

  #seeNode(node: Node): void {
    if (this.#node?.node_id === node.id) this.#node.isTouched = true
    if (this.#view && this.#view.node(node) !== node) this.#isWhole = false
  }

  #take(whole: Change): void {
    const [change] = this.#view ? this.#view.changes([whole]) : [whole]
    if (change !== whole) this.#isWhole = false
    if (!change || change.type === 'graph-replaced') return
    if (change.type === 'node-added') this.#counts.added += 1
    if (change.type === 'node-removed') this.#counts.removed += 1
    if (change.type === 'node-moved') this.#counts.moved += 1
    if (change.type === 'property-set') this.#counts.properties_set += 1
    const id = nodeOf(change)
    if (this.#named.size <= NAMED) this.#named.add(id)
    if (this.#node?.node_id !== id) return
    this.#node.isTouched = true
    this.#node.changes.push(change)
  }
}
