import type { Entry, NodeMoved, NodeRemoved } from '@talus/protocol'
import { NODES_PER_STEP, type Steps } from '../steps.js'

/** The place among its siblings that a node left, by one change of one entry. */
export type Tombstone = {
  seq: number
  /** Of the change in its entry. */
  change: number
  readonly node_id: string
  /** Where it is now. */
  run: Run
  /** Nobody can bring the node back to it any more. */
  isDead?: true
}

/** Tombstones in a row, right behind a sibling that is there, or at the start of the list. */
export type Run = {
  readonly parent_id: string | null
  /** The sibling before; null: the start. */
  anchor: string | null
  tombstones: Tombstone[]
  dead: number
  /** Of the start: nobody is in the list. */
  isEmpty?: boolean
}

export type SavedRun = {
  parent_id: string | null
  anchor: string | null
  left: [seq: number, change: number, node_id: string][]
  isEmpty?: true
}

/** Node ids hold no blanks: the start of a list never looks like a node. */
function keyOf(parent_id: string | null, anchor: string | null): string {
  return anchor ?? (parent_id === null ? ' ' : ` ${parent_id}`)
}

function* removedIn({ changes }: Entry): Steps<ReadonlySet<string>> {
  const removed = new Set<string>()
  for (const [n, change] of changes.entries()) {
    if (n % NODES_PER_STEP === NODES_PER_STEP - 1) yield
    if (change.type === 'node-removed') removed.add(change.node.id)
  }
  return removed
}

const NONE: ReadonlySet<string> = new Set()

type Departure = {
  node_id: string
  parent_id: string | null
  after: string | null
  /** It was the last one in the list. */
  isLast: boolean
}

/**
 * Where a change took a node from; undefined for what goes along with its parent, whose list stays
 * as it is, and for entries that do not say which sibling stood before.
 */
function departureOf(
  change: NodeRemoved | NodeMoved,
  removed: ReadonlySet<string>,
): Departure | undefined {
  const isMove = change.type === 'node-moved'
  const { parent_id, index, after, only } = isMove ? change.from : change
  const node_id = isMove ? change.node_id : change.node.id
  if (after !== undefined) return { node_id, parent_id, after, isLast: false }
  // What is moved out of a list goes before its parent does.
  const goesAlong = !isMove && parent_id !== null && removed.has(parent_id)
  const isLast = only === true
  return index > 0 || goesAlong ? undefined : { node_id, parent_id, after: null, isLast }
}

/**
 * The places that nodes left and that an undo or a redo may bring them back to, in their order
 * among the siblings that are there (rule ORD2): a fold over entries, which does not look at the
 * graph. A place goes when its step leaves the stacks.
 */
export class Tombstones {
  readonly #runs = new Map<string, Run>()
  readonly #ofEntry = new Map<number, Tombstone[]>()

  /** What one entry left, in the order of its changes. */
  of(seq: number): readonly Tombstone[] {
    return this.#ofEntry.get(seq) ?? []
  }

  clear(): void {
    this.#runs.clear()
    this.#ofEntry.clear()
  }

  /** Nobody can take the entry back any more. */
  forget(seq: number): void {
    const tombstones = this.#ofEntry.get(seq)
    if (!tombstones) return
    this.#ofEntry.delete(seq)
    for (const tombstone of tombstones) if (!tombstone.isDead) this.#bury(tombstone)
  }

  /**
   * The entry `seq` went on with what `before` did. `places` says where its changes stand among
   * those of both; one that has gone into an earlier change is not gone back to.
   */
  join(before: number, seq: number, places: readonly (number | undefined)[]): void {
    const left = this.#ofEntry.get(before) ?? []
    const later = this.#ofEntry.get(seq) ?? []
    this.#ofEntry.delete(before)
    this.#ofEntry.delete(seq)
    const kept = [...left]
    for (const tombstone of later) {
      const place = places[tombstone.change]
      if (place === undefined && !tombstone.isDead) this.#bury(tombstone)
      if (place === undefined) continue
      tombstone.change = place
      kept.push(tombstone)
    }
    for (const tombstone of kept) tombstone.seq = seq
    if (kept.length > 0) this.#ofEntry.set(seq, kept)
  }

  /** Takes in an entry. `taken`: the entry that it takes back. */
  *record(entry: Entry, taken?: number): Steps<void> {
    const { changes, seq } = entry
    const removed = changes.length > 1 ? yield* removedIn(entry) : NONE
    const added = new Set<string>()
    const returning = taken === undefined ? undefined : this.#byNode(taken)
    for (const [n, change] of changes.entries()) {
      if (n % NODES_PER_STEP === NODES_PER_STEP - 1) yield
      if (change.type === 'node-removed' || change.type === 'node-moved') {
        const departure = departureOf(change, removed)
        if (departure) this.#leave(departure, seq, n)
        else if (change.type === 'node-moved') this.#lose(change.node_id)
      }
      if (change.type === 'node-moved') {
        this.#arrive({ node_id: change.node_id, ...change.to }, returning)
      } else if (change.type === 'node-added') {
        const { node, parent_id, index } = change
        if (taken === undefined) this.#begin(node.id)
        // Below a node that is new, or comes back whole, nobody else can have been.
        if (parent_id === null || !added.has(parent_id)) {
          this.#arrive({ node_id: node.id, parent_id, index }, returning)
        }
        if (changes.length > 1) added.add(node.id)
      }
    }
  }

  /**
   * Something other than an undo adds the node. Had it been there before, the places in its list, and
   * those behind it in a list that went with its parent, are not known any more (rule ORD3).
   */
  #begin(node_id: string): void {
    const start = this.#runs.get(keyOf(node_id, null))
    if (start) this.#drop(start)
    const behind = this.#runs.get(node_id)
    if (behind) this.#drop(behind)
  }

  /** References to what there is now, to be written out later. */
  capture(): SavedRun[] {
    return Array.from(this.#runs.values(), ({ parent_id, anchor, tombstones, isEmpty }) => ({
      parent_id,
      anchor,
      ...(isEmpty === true && { isEmpty }),
      left: tombstones.flatMap(({ seq, change, node_id, isDead }) =>
        isDead ? [] : [[seq, change, node_id] as [number, number, string]],
      ),
    }))
  }

  /** Takes in what was captured, part by part. */
  load({ parent_id, anchor, left, isEmpty }: SavedRun): void {
    const run = this.#runAt(parent_id, anchor)
    run.isEmpty = isEmpty === true
    for (const [seq, change, node_id] of left) {
      const tombstone = { seq, change, node_id, run }
      run.tombstones.push(tombstone)
      this.#listOf(seq).push(tombstone)
    }
  }

  /** After the last part. */
  loaded(): void {
    for (const list of this.#ofEntry.values()) list.sort((a, b) => a.change - b.change)
  }

  #listOf(seq: number): Tombstone[] {
    const known = this.#ofEntry.get(seq)
    if (known) return known
    const list: Tombstone[] = []
    this.#ofEntry.set(seq, list)
    return list
  }

  #byNode(seq: number): Map<string, Tombstone[]> {
    const byNode = new Map<string, Tombstone[]>()
    for (const tombstone of this.of(seq)) {
      const list = byNode.get(tombstone.node_id)
      if (list) list.push(tombstone)
      else byNode.set(tombstone.node_id, [tombstone])
    }
    return byNode
  }

  #runAt(parent_id: string | null, anchor: string | null): Run {
    const key = keyOf(parent_id, anchor)
    const known = this.#runs.get(key)
    if (known && known.parent_id === parent_id) return known
    if (known) this.#drop(known)
    const run: Run = { parent_id, anchor, tombstones: [], dead: 0 }
    this.#runs.set(key, run)
    return run
  }

  /** What a node had behind itself in this list; what it had in another one is of no use. */
  #behind(node_id: string, parent_id: string | null): Run | undefined {
    const run = this.#runs.get(node_id)
    if (!run || run.parent_id === parent_id) return run
    this.#drop(run)
    return undefined
  }

  /** The node leaves a place behind, between those before it and those behind it. */
  #leave({ node_id, parent_id, after, isLast }: Departure, seq: number, change: number): void {
    const behind = this.#behind(node_id, parent_id)
    if (behind) this.#runs.delete(node_id)
    const run = this.#runAt(parent_id, after)
    const tombstone: Tombstone = { seq, change, node_id, run }
    this.#listOf(seq).push(tombstone)
    run.tombstones.push(tombstone)
    if (behind) this.#append(run, behind)
    if (after === null) this.#runAt(parent_id, null).isEmpty = isLast
  }

  /** Puts a run behind another; whichever is longer stays where it is. */
  #append(run: Run, behind: Run): void {
    const [longer, shorter] =
      run.tombstones.length < behind.tombstones.length ? [behind, run] : [run, behind]
    for (const tombstone of shorter.tombstones) tombstone.run = longer
    if (longer === run) for (const tombstone of behind.tombstones) run.tombstones.push(tombstone)
    else longer.tombstones = [...shorter.tombstones, ...longer.tombstones]
    longer.dead += shorter.dead
    longer.anchor = run.anchor
    this.#runs.set(keyOf(run.parent_id, run.anchor), longer)
  }

  #arrive(
    { node_id, parent_id, index }: { node_id: string; parent_id: string | null; index: number },
    returning: Map<string, Tombstone[]> | undefined,
  ): void {
    const behind = this.#behind(node_id, parent_id)
    const place = returning
      ?.get(node_id)
      ?.findLast(({ run, isDead }) => !isDead && run !== behind && run.parent_id === parent_id)
    const start = this.#runs.get(keyOf(parent_id, null))
    const isFirst = index === 0 && start?.isEmpty !== true
    if (start) start.isEmpty = false
    if (place) {
      this.#split(place, node_id)
      if (behind) this.#append(this.#runAt(parent_id, node_id), behind)
    } else if (start && isFirst) {
      // Before all that is there, and before all that is not.
      this.#runs.delete(keyOf(parent_id, null))
      start.anchor = node_id
      this.#runs.set(node_id, start)
      if (behind) this.#append(start, behind)
    }
  }

  /** A node is back in its place: what was behind the place is behind the node. */
  #split(place: Tombstone, node_id: string): void {
    const { run } = place
    const { parent_id, tombstones } = run
    const at = tombstones.lastIndexOf(place)
    const rest = tombstones.splice(at)
    rest.shift()
    place.isDead = true
    this.#runs.delete(node_id)
    if (rest.length > 0) {
      const dead = rest.filter((tombstone) => tombstone.isDead).length
      const behind: Run = { parent_id, anchor: node_id, tombstones: rest, dead }
      for (const tombstone of rest) tombstone.run = behind
      run.dead -= dead
      this.#runs.set(node_id, behind)
    }
    if (tombstones.length === 0) this.#runs.delete(keyOf(parent_id, run.anchor))
  }

  /** The node leaves without saying from where: what it had behind itself cannot be placed. */
  #lose(node_id: string): void {
    const run = this.#runs.get(node_id)
    if (run) this.#drop(run)
  }

  #drop(run: Run): void {
    for (const tombstone of run.tombstones) tombstone.isDead = true
    this.#runs.delete(keyOf(run.parent_id, run.anchor))
  }

  #bury(tombstone: Tombstone): void {
    const { run } = tombstone
    tombstone.isDead = true
    run.dead += 1
    if (run.dead * 2 < run.tombstones.length) return
    run.tombstones = run.tombstones.filter(({ isDead }) => !isDead)
    run.dead = 0
    if (run.tombstones.length === 0) this.#runs.delete(keyOf(run.parent_id, run.anchor))
  }
}
