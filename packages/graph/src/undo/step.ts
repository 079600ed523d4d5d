import type { Entry, PropertySet } from '@talus/protocol'
import { joinChanges, type Joined } from './joined-changes.js'
import { NODES_PER_STEP, type Steps } from '../steps.js'
import { Link, revertible, type Written } from './link.js'
import {
  isRevertible,
  keyOf,
  markOf,
  markOfKey,
  sameStamp,
  type Mark,
  type RevertibleChange,
  type Stamp,
  type Stamps,
} from './stamps.js'
import { Transitions } from './transitions.js'

/**
 * One command on an undo or redo stack. It is done and undone in turns; `latest` is the last of
 * that chain of entries, and the one that the next turn takes back.
 */
export type Step = {
  readonly command_id: string
  readonly command_type: string
  readonly label?: string
  /** Of the command itself; what it wrote carries this in its stamps. */
  readonly seq: number
  /** Whose stacks it is on, whoever undoes it. */
  readonly actor_id: string
  state: 'done' | 'undone'
  /** Later commands that went on with it (rule UNDO14). */
  parts?: string[]
  /** The command of its actor that took it off the redo stack (rule UNDO6). */
  cleared?: number
  latest: Link
}

type Moving = {
  /** The stamp that something gets which had the stamp `before`. */
  after: (change: RevertibleChange, mark: Mark, before: Stamp | undefined) => Stamp | undefined
  own: Stamp
  /** Stamps that the entry has moved already, beside those of its changes. */
  moved: Transitions | undefined
}

function* link(stamps: Stamps, written: Written, { after, own, moved }: Moving): Steps<Link> {
  const changes = revertible(written.entry)
  const [first] = changes
  if (first && changes.length === 1 && !moved) {
    const mark = markOf(first)
    const before = stamps.get(mark)
    const transition = { before, after: after(first, mark, before) }
    stamps.set(mark, transition.after, own)
    return Link.to(written, transition)
  }
  const transitions = new Transitions()
  for (const [n, change] of changes.entries()) {
    if (n % NODES_PER_STEP === NODES_PER_STEP - 1) yield
    const mark = markOf(change)
    const key = keyOf(mark)
    if (transitions.has(key)) continue
    const before = moved?.get(key)?.before ?? stamps.get(mark)
    const stamp = after(change, mark, before)
    transitions.add(key, { before, after: stamp })
    stamps.set(mark, stamp, own)
  }
  let looked = 0
  for (const [key, transition] of moved ?? []) {
    if (++looked % NODES_PER_STEP === 0) yield
    if (!transitions.has(key)) transitions.add(key, transition)
  }
  return Link.to(written, transitions)
}

function stampOf(entry: Entry): Stamp {
  return { seq: entry.seq, actor_id: entry.actor.id }
}

/** The same at once for an entry that does nothing but set one property, as most do. */
export function linkProperty(stamps: Stamps, written: Written, change: PropertySet): Link {
  const own = stampOf(written.entry)
  const mark = markOf(change)
  const transition = { before: stamps.get(mark), after: own }
  stamps.set(mark, own)
  return Link.to(written, transition)
}

/** The same of an entry that goes on with a step: what was there before goes back to its start. */
export function linkContinued(stamps: Stamps, written: Written, previous: Link): [Link, Joined] {
  const { entry, text } = written
  const { seq } = entry
  const own = stampOf(entry)
  const later = revertible(entry)
  const joined = joinChanges(previous.changes, later)
  const { changes, places } = joined
  const isMore = places.some((place) => place !== undefined)
  const chars = isMore ? previous.chars + text.length : Math.max(previous.chars, text.length)
  const moved =
    changes.length === 1 && !(previous.moved instanceof Transitions)
      ? { before: previous.moved.before, after: own }
      : continued(stamps, { later, own }, previous.transitions)
  for (const change of later) stamps.set(markOf(change), own)
  return [new Link({ kind: 'do', seq, chars, of: changes, moved }), joined]
}

/** Stamps from before the first entry to those after the last. */
function continued(
  stamps: Stamps,
  { later, own }: { later: readonly RevertibleChange[]; own: Stamp },
  earlier: Transitions,
): Transitions {
  const transitions = new Transitions()
  const marks = new Map(later.map((change) => [keyOf(markOf(change)), markOf(change)]))
  for (const [key, { before, after }] of earlier) {
    transitions.add(key, { before, after: marks.has(key) ? own : after })
  }
  for (const [key, mark] of marks) {
    if (!earlier.has(key)) transitions.add(key, { before: stamps.get(mark), after: own })
  }
  return transitions
}

/** Stamps everything that a `do` entry touches as its own. */
export function* linkDone(stamps: Stamps, written: Written): Steps<Link> {
  const { entry } = written
  const own = stampOf(entry)
  const moved = yield* beginAll(stamps, entry, own)
  return yield* link(stamps, written, { after: () => own, own, moved })
}

/** Nodes that are made anew, as by a restore, have had writers: taking the entry back needs them. */
function* beginAll(stamps: Stamps, { changes }: Entry, own: Stamp): Steps<Transitions | undefined> {
  if (!changes.some(({ type }) => type === 'node-added')) return undefined
  const moved = new Transitions()
  for (const [n, change] of changes.entries()) {
    if (n % NODES_PER_STEP === NODES_PER_STEP - 1) yield
    if (change.type !== 'node-added') continue
    const { id } = change.node
    for (const [mark, before] of stamps.written(id)) {
      const key = keyOf(mark)
      const after = mark.aspect === 'place' ? own : undefined
      if (!moved.has(key)) moved.add(key, { before, after })
    }
    stamps.begin(id, own)
  }
  return moved
}

/**
 * Stamps what an undo or redo touches: what stood gets back the writer from before. The rest was
 * forced, or taken along, and is the work of whoever did that; taking the entry back in turn
 * brings back the writer that it covered, and doing it once more is new work. A node that is gone again has a writer also where nobody
 * had made it before: whoever asks who took it away is told of the undo.
 */
export function* linkReverted(
  stamps: Stamps,
  written: Written,
  step: Step | undefined,
): Steps<Link> {
  const { entry } = written
  const own = stampOf(entry)
  const beside = step ? { ...own, step: step.seq } : own
  const { transitions } = step?.latest ?? {}
  const after: Moving['after'] = ({ type }, mark, before) => {
    const transition = transitions?.get(keyOf(mark))
    if (!transition || !sameStamp(transition.after, before)) return beside
    const { before: earlier } = transition
    if (earlier?.step !== undefined && earlier.step === step?.seq) return beside
    const isNobodys = earlier === undefined || earlier.isUndo
    return type === 'node-removed' && isNobodys ? { ...own, isUndo: true } : earlier
  }
  const moved = yield* bringBack(stamps, entry, step?.latest)
  return yield* link(stamps, written, { after, own, moved })
}

/** The writers that nodes had before they were made anew, or that they had of that. */
function* bringBack(stamps: Stamps, entry: Entry, latest: Link | undefined): Steps<Transitions> {
  const { changes } = entry
  const moved = new Transitions()
  const ids = new Set<string>()
  const touched = new Set<string>()
  for (const [n, change] of changes.entries()) {
    if (n % NODES_PER_STEP === NODES_PER_STEP - 1) yield
    if (change.type === 'node-added' || change.type === 'node-removed') ids.add(change.node.id)
    if (isRevertible(change)) touched.add(keyOf(markOf(change)))
  }
  let looked = 0
  for (const [key, { before, after }] of latest?.transitions ?? []) {
    if (++looked % NODES_PER_STEP === 0) yield
    const mark = markOfKey(key)
    const current = stamps.get(mark)
    const isTheirs = mark.aspect !== 'existence' && ids.has(mark.node_id) && !touched.has(key)
    if (!isTheirs || !sameStamp(after, current)) continue
    stamps.set(mark, before, stampOf(entry))
    moved.add(key, { before: current, after: before })
  }
  return moved
}

/** Whether what an entry wrote is still as that entry left it (rule UNDO3). */
export function stands(stamps: Stamps, { transitions }: Link, mark: Mark): boolean {
  return sameStamp(transitions.get(keyOf(mark))?.after, stamps.get(mark))
}
