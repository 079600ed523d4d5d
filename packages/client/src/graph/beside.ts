import type { ProjectGraph, sameJson } from '@talus/graph'
import type { Change, Command, Entry, JsonValue, Position, PropertySet } from '@talus/protocol'
import type { Prediction } from './prediction.js'
import type { UndoStacks } from './undo-stacks.js'
import type { Footprint, View } from './view.js'

/** Fewer predictions are moved at any time. */
const MANY = 32

/** After moving predictions, the loop is left alone for so many times as long as that took. */
const REST = 4

/** Handed over, as a part that is loaded on demand would split what it shares. */
type Shared = { same: typeof sameJson; now: () => number } & Base

/** What the replica does itself. */
type Base = {
  refused: ReadonlySet<Prediction>
  arrived: (entry: Entry) => void
  /** Applies an entry to what is confirmed. */
  take: (entry: Entry, footprint: Footprint) => boolean
  show: (prediction: Prediction, footprint: Footprint) => void
  forget: (prediction: Prediction) => void
  /** Has the undo stacks follow all predictions anew. */
  follow: () => void
}

/** What concerns the actor's own steps concerns those of the predictions. */
type Own = { actor_id: string; stacks: UndoStacks }

/** What one prediction has touched, and what it could become another one by. */
type Ties = {
  /** The changes that they were found by. */
  readonly changes: readonly Change[]
  /** Nodes that come, go, move or have other content. */
  readonly content: readonly string[]
  /** Those of them that come, go or move, or may. */
  readonly whole: readonly string[]
  /** Properties that are set, by `keyOf`. */
  readonly keys: readonly string[]
  /** Nodes that have to be there. */
  readonly needs: readonly string[]
  /** Lists of children that it does more with than to add at the end. */
  readonly lists: readonly (string | null)[]
}

/** Predictions that are moved together, and all nodes that they have to do with. */
type Tied = { nodes: ReadonlySet<string>; predictions: readonly Prediction[] }

/** As the application passed it, which the server has not checked yet. */
type Data = {
  node_id?: string
  child_id?: string
  parent_id?: string | null
  property_id?: string
  position?: Position
}

const NO_TIES: Ties = { changes: [], content: [], whole: [], keys: [], needs: [], lists: [] }

/** What is known of a node that others have changed since a prediction on it was made. */
type Known = { created_at?: string; values: Map<string, JsonValue | undefined> }

/** Node ids hold no blanks. */
function keyOf(node_id: string, property_id: string): string {
  return `${node_id} ${property_id}`
}

function isAtEnd({ position }: Data): boolean {
  return !position || ('at' in position && position.at === 'end')
}

/** What a command of which these changes were foreseen is tied to. An undo names nothing more. */
function tiesOf(graph: ProjectGraph, { command, changes }: Prediction): Ties {
  const content: string[] = []
  const whole: string[] = []
  const keys: string[] = []
  const needs: string[] = []
  const lists: (string | null)[] = []
  let onlyAppends = command !== undefined
  const placed = new Set(changes.filter((change) => !isProperty(change)).map(nodeOf))
  for (const one of commandsOf(command)) {
    const data = one.data as Data
    const { node_id, child_id, parent_id, property_id, position } = data
    const own = [node_id, child_id].filter((id) => id !== undefined)
    content.push(...own)
    if (parent_id) needs.push(parent_id)
    if (position && 'before' in position) needs.push(position.before)
    if (position && 'after' in position) needs.push(position.after)
    if (property_id !== undefined) {
      keys.push(keyOf(node_id ?? '', property_id))
      continue
    }
    whole.push(...own)
    if (one.command_type !== 'CreateNode' || !isAtEnd(data)) onlyAppends = false
    if (changes.length > 0 && own.every((id) => placed.has(id))) continue
    // It may come to something when others are placed elsewhere.
    lists.push(parent_id ?? null, ...own.map((id) => graph.record(id)?.parent_id ?? null))
  }
  for (const change of changes) {
    if (change.type === 'property-set') {
      content.push(change.node_id)
      keys.push(keyOf(change.node_id, change.property_id))
    }
    if (change.type === 'node-moved') {
      content.push(change.node_id)
      whole.push(change.node_id)
      lists.push(change.from.parent_id, change.to.parent_id)
    }
    if (change.type === 'node-added' || change.type === 'node-removed') {
      content.push(change.node.id)
      whole.push(change.node.id)
      if (change.parent_id !== null) needs.push(change.parent_id)
      if (!onlyAppends) lists.push(change.parent_id)
    }
  }
  return { changes, content: [...new Set(content)], whole, keys, needs, lists }
}

/** Whether changes of the same command touch the same, so that they have the same ties. */
function touchSame(some: readonly Change[], others: readonly Change[]): boolean {
  // Without changes the ties depend on where nodes stand.
  if (some.length === 0 || some.length !== others.length) return false
  return some.every((a, at) => {
    const b = others[at]
    switch (a.type) {
      case 'property-set':
        return b?.type === a.type && b.node_id === a.node_id && b.property_id === a.property_id
      case 'node-moved':
        return (
          b?.type === a.type &&
          b.node_id === a.node_id &&
          b.from.parent_id === a.from.parent_id &&
          b.to.parent_id === a.to.parent_id
        )
      case 'node-added':
      case 'node-removed':
        return b?.type === a.type && b.node.id === a.node.id && b.parent_id === a.parent_id
      case 'graph-replaced':
        return false
      default:
        return a satisfies never
    }
  })
}

/** The node that a change is about; undefined when it is about all. */
function nodeOf(change: Change): string | undefined {
  if ('node' in change) return change.node.id
  return 'node_id' in change ? change.node_id : undefined
}

function commandsOf(command: Command | undefined): readonly Command[] {
  if (!command) return []
  return command.command_type === 'Batch' ? command.data.commands : [command]
}

function isProperty({ type }: Change): boolean {
  return type === 'property-set'
}

/** Whether an entry concerns the undo stacks of the actor. */
function isOwn({ actor, kind, target_command_id }: Entry, { actor_id, stacks }: Own): boolean {
  return actor.id === actor_id || (kind !== 'do' && stacks.has(target_command_id))
}

class Counts<Key> {
  readonly #counts = new Map<Key, number>()

  of(key: Key): number {
    return this.#counts.get(key) ?? 0
  }

  add(keys: readonly Key[], by: 1 | -1): void {
    for (const key of keys) {
      const count = this.of(key) + by
      if (count > 0) this.#counts.set(key, count)
      else this.#counts.delete(key)
    }
  }
}

/**
 * What can be done without moving predictions, as it leads to the same as when all of them were
 * taken back before and made again after it. Where thousands of commands are under way, that is
 * what makes a queue take time in proportion to its length.
 */
export class Beside {
  readonly #view: View
  readonly #predictions: ReadonlyMap<string, Prediction>
  readonly #sameJson: typeof sameJson
  readonly #ties = new Map<Prediction, Ties>()
  readonly #content = new Counts<string>()
  readonly #whole = new Counts<string>()
  readonly #keys = new Counts<string>()
  readonly #needs = new Counts<string>()
  readonly #lists = new Counts<string | null>()
  /** Of nodes that a prediction would take back to what they were when it was made. */
  readonly #known = new Map<string, Known>()
  /** Whether new nodes may be other than was foreseen, by place or time: an undo would not fit. */
  isShifted = false
  readonly #now: () => number
  #movingSince = 0
  #restsUntil = 0

  readonly #base: Base

  constructor(view: View, predictions: ReadonlyMap<string, Prediction>, shared: Shared) {
    const { same, now } = shared
    this.#base = shared
    this.#view = view
    this.#sameJson = same
    this.#now = now
    this.#predictions = predictions
    for (const prediction of predictions.values()) this.add(prediction)
  }

  /** A prediction was made, or made again. */
  add(prediction: Prediction): void {
    const before = this.#ties.get(prediction)
    if (before && touchSame(before.changes, prediction.changes)) return
    this.remove(prediction)
    const ties = this.#tiesOf(prediction)
    this.#ties.set(prediction, ties)
    this.#count(ties, 1)
  }

  remove(prediction: Prediction): void {
    const ties = this.#ties.get(prediction)
    if (!ties) return
    this.#ties.delete(prediction)
    this.#count(ties, -1)
    for (const id of ties.content) if (this.#content.of(id) === 0) this.#known.delete(id)
  }

  /** For how long predictions should not be moved again; mostly 0. */
  get restMs(): number {
    return this.#predictions.size < MANY ? 0 : Math.max(0, this.#restsUntil - this.#now())
  }

  /** Predictions are about to be moved. */
  lifting(): void {
    this.#movingSince = this.#now()
  }

  /** Predictions were moved. */
  moved(): void {
    const now = this.#now()
    this.#restsUntil = now + REST * (now - this.#movingSince)
  }

  /** All predictions are taken back, and are made again on what is known. */
  lifted(): void {
    this.#liftedFrom(this.#known.keys())
    this.isShifted = false
  }

  /**
   * The predictions on the nodes of these changes, on the nodes of those predictions, and so on, in
   * the order of the calls: moving them moves no other. Undefined when that is not certain, as one
   * of them does more than to set properties.
   */
  #tiedTo(changes: readonly Change[]): Tied | undefined {
    const nodes = new Set<string>()
    for (const change of changes) {
      if (change.type !== 'property-set') return undefined
      nodes.add(change.node_id)
    }
    const found = new Set<Prediction>()
    for (let before = -1; before < found.size;) {
      before = found.size
      for (const prediction of this.#predictions.values()) {
        const { content, whole, lists } = this.#ties.get(prediction) ?? NO_TIES
        // An undo depends on the steps before it, also one that shows nothing yet.
        if (!prediction.command && !prediction.isShown) return undefined
        if (found.has(prediction) || !content.some((id) => nodes.has(id))) continue
        if (!prediction.command || whole.length + lists.length > 0) return undefined
        found.add(prediction)
        for (const id of content) nodes.add(id)
      }
    }
    return { nodes, predictions: [...this.#predictions.values()].filter((one) => found.has(one)) }
  }

  /** All predictions on these nodes are taken back. */
  #liftedFrom(nodes: Iterable<string>): void {
    for (const id of nodes) {
      this.#correct(id)
      this.#known.delete(id)
    }
  }

  /** Takes entries in as long as few or no predictions are moved; returns how many. */
  takeIn(
    entries: readonly Entry[],
    actor_id: string,
    stacks: UndoStacks,
    footprint: Footprint,
  ): number {
    const { arrived, follow } = this.#base
    const own = { actor_id, stacks }
    let hasMoved = false
    let taken = 0
    for (const entry of entries) {
      if (entry.seq !== (entries[0]?.seq ?? 0) + taken) break
      if (this.#take(entry, own, footprint)) arrived(entry)
      else {
        const isOther = !this.#predictions.has(entry.command_id) && !isOwn(entry, own)
        const tied = isOther && this.#tiedTo(entry.changes)
        if (!tied) break
        if (!hasMoved) this.lifting()
        hasMoved = true
        if (!this.#move(tied, footprint, entry)) break
      }
      taken += 1
    }
    if (hasMoved) follow()
    return taken
  }

  /** Takes back what was refused by moving few predictions or none, if that comes to the same. */
  withdraw(footprint: Footprint): boolean {
    const { refused, forget } = this.#base
    if (![...refused].every(({ command }) => command)) return false
    this.lifting()
    for (const prediction of refused) {
      if (this.#takeBack(prediction, footprint)) forget(prediction)
    }
    const tied = this.#tiedTo([...refused].flatMap(({ changes }) => changes))
    if (tied) this.#move(tied, footprint)
    return refused.size === 0
  }

  /** Moves predictions that no other depends on; an entry that they stand on is taken in below. */
  #move({ nodes, predictions }: Tied, footprint: Footprint, entry?: Entry): boolean {
    const { refused, take, show, forget } = this.#base
    for (const prediction of predictions.slice().reverse()) {
      footprint.of(prediction.changes)
      prediction.takeBack()
    }
    this.#liftedFrom(nodes)
    const isTaken = entry !== undefined && take(entry, footprint)
    for (const prediction of predictions) {
      if (refused.has(prediction)) forget(prediction)
      else show(prediction, footprint)
    }
    return isTaken
  }

  /** Takes an entry in without moving a prediction, if that comes to the same. */
  #take(entry: Entry, own: Own, footprint: Footprint): boolean {
    const { command_id, kind, continues, changes } = entry
    const prediction = this.#predictions.get(command_id)
    if (!prediction) return !isOwn(entry, own) && this.#apply(changes, footprint)
    const isForeseen = kind === 'do' && continues === prediction.continues
    return isForeseen && this.#fulfil(prediction, changes, footprint)
  }

  /** Applies changes of somebody else, if no prediction has anything to do with them. */
  #apply(changes: readonly Change[], footprint: Footprint): boolean {
    if (!changes.every((change) => this.#isFree(change))) return false
    footprint.of(changes)
    try {
      this.#view.graph.apply(changes)
      for (const change of changes) this.#learn(change)
      this.isShifted ||= !changes.every(isProperty)
      return true
    } catch {
      // What a prediction has moved or removed further up stands in the way.
      return false
    }
  }

  /** Takes an entry as what a prediction shows already, if it is that. */
  #fulfil(prediction: Prediction, changes: readonly Change[], footprint: Footprint): boolean {
    const shown = prediction.changes
    if (shown.length === 0 || shown.length !== changes.length) return false
    if (!this.#isLowest(prediction) && !this.#isAlone(prediction)) return false
    for (const [at, change] of changes.entries()) {
      const foreseen = shown[at]
      if (!foreseen || !this.#isSame(foreseen, change) || !this.#isPlaced(foreseen, change))
        return false
    }
    const added = changes.filter((change) => change.type === 'node-added')
    footprint.of(added)
    for (const change of changes) this.#learn(change)
    for (const { node } of added) this.#correct(node.id)
    this.isShifted ||= added.length > 0
    return true
  }

  /**
   * Takes a prediction back, if no other has to do with the same: neither with its nodes, nor with
   * places in the lists that they go out of, which would be others then.
   */
  #takeBack(prediction: Prediction, footprint: Footprint): boolean {
    const { changes } = prediction
    const isLast = (change: Change) =>
      change.type !== 'node-added' || this.#isGrowing(change.parent_id)
    if (!this.#isAlone(prediction) || !changes.every(isLast)) return false
    footprint.of(changes)
    prediction.takeBack()
    for (const change of changes) if ('node_id' in change) this.#correct(change.node_id)
    this.isShifted ||= !changes.every(isProperty)
    return true
  }

  /** Whether a change is the one that was foreseen; the index of a new node is not compared. */
  #isSame(a: Change, b: Change): boolean {
    const same = this.#sameJson
    if (a.type === 'property-set' && b.type === 'property-set') {
      const isOne = a.node_id === b.node_id && a.property_id === b.property_id
      return isOne && same(a.old_value, b.old_value) && same(a.new_value, b.new_value)
    }
    if (a.type === 'node-added' && b.type === 'node-added') {
      // The server says when it was created.
      const [mine, theirs] = [a, b].map(({ node }) => ({ ...node, created_at: '' }) as JsonValue)
      return a.parent_id === b.parent_id && same(mine, theirs)
    }
    return same(a as JsonValue, b as JsonValue)
  }

  #tiesOf(prediction: Prediction): Ties {
    try {
      return tiesOf(this.#view.graph, prediction)
    } catch {
      // Nothing will ever be foreseen of what is no command.
      return NO_TIES
    }
  }

  #isFree(change: Change): boolean {
    switch (change.type) {
      case 'property-set':
        return this.#content.of(change.node_id) === 0 || this.#isOther(change)
      case 'node-moved':
        return (
          this.#content.of(change.node_id) === 0 &&
          this.#isGrowing(change.from.parent_id) &&
          this.#isOpen(change.to.parent_id)
        )
      case 'node-added':
      case 'node-removed': {
        const { id } = change.node
        const isTied = this.#content.of(id) + this.#needs.of(id) > 0
        return !isTied && this.#isOpen(change.parent_id)
      }
      case 'graph-replaced':
        return false
      default:
        return change satisfies never
    }
  }

  /** Whether predictions only set other properties of the node, and it is certain that they are. */
  #isOther({ node_id, property_id, old_value }: PropertySet): boolean {
    const { blueprint } = this.#view
    if (this.#whole.of(node_id) > 0 || this.#keys.of(keyOf(node_id, property_id)) > 0) return false
    // By a template one property has several names; a node uses one of them.
    return !blueprint || old_value !== undefined
  }

  /** Whether predictions only add at the end of a list, if anything: that end stays the end. */
  #isGrowing(list: string | null): boolean {
    return this.#lists.of(list) === 0
  }

  /** The same of a list that no prediction removes, and another one brings back, with its parent. */
  #isOpen(list: string | null): boolean {
    return this.#isGrowing(list) && (list === null || this.#whole.of(list) === 0)
  }

  /** Whether nothing is shown that was called before. */
  #isLowest(prediction: Prediction): boolean {
    for (const other of this.#predictions.values()) {
      if (other === prediction) return true
      if (other.isShown) return false
    }
    return false
  }

  /** Whether no other has to do with the content, or with the order, of the same. */
  #isAlone(prediction: Prediction): boolean {
    const { content, lists } = this.#ties.get(prediction) ?? NO_TIES
    return (
      this.#ties.has(prediction) &&
      lists.length === 0 &&
      content.every((id) => this.#content.of(id) <= 1)
    )
  }

  /** Whether a new node stands where the server has put it; others may have come before it. */
  #isPlaced(foreseen: Change, change: Change): boolean {
    if (foreseen.type !== 'node-added' || change.type !== 'node-added') return true
    return this.#isGrowing(change.parent_id)
      ? this.#view.graph.indexOf(change.node.id) === change.index
      : foreseen.index === change.index
  }

  /** What is certain of a node that predictions have to do with. */
  #learn(change: Change): void {
    if (change.type !== 'property-set' && change.type !== 'node-added') return
    const id = change.type === 'property-set' ? change.node_id : change.node.id
    const known = this.#known.get(id) ?? { values: new Map<string, JsonValue | undefined>() }
    if (change.type === 'node-added') known.created_at = change.node.created_at
    else known.values.set(change.property_id, change.new_value)
    if (this.#content.of(id) > 0) this.#known.set(id, known)
  }

  #correct(id: string): void {
    const known = this.#known.get(id)
    if (known) this.#view.graph.correct(id, known.values, known.created_at)
  }

  #count({ content, whole, keys, needs, lists }: Ties, by: 1 | -1): void {
    this.#content.add(content, by)
    this.#whole.add(whole, by)
    this.#keys.add(keys, by)
    this.#needs.add(needs, by)
    this.#lists.add(lists, by)
  }
}
