import type { Change, Entry } from '@talus/protocol'
import {
  isRevertible,
  keyOf,
  markOf,
  sameStamp,
  type Mark,
  type RevertibleChange,
  type Stamp,
  type Stamps,
} from './stamps.js'
import { Transitions } from './transitions.js'

/** What an entry did and how it moved the stamps: all that taking it back needs. */
export type Link = {
  readonly kind: Entry['kind']
  readonly seq: number
  readonly changes: readonly RevertibleChange[]
  readonly transitions: Transitions
}

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
  latest: Link
}

/** All of them nearly always: then the entry's own list will do. */
function revertible(changes: readonly Change[]): readonly RevertibleChange[] {
  return changes.every(isRevertible) ? changes : changes.filter(isRevertible)
}

function link(
  stamps: Stamps,
  entry: Entry,
  after: (key: string, before: Stamp | undefined) => Stamp | undefined,
): Link {
  const changes = revertible(entry.changes)
  const transitions = new Transitions()
  for (const change of changes) {
    const mark = markOf(change)
    const key = keyOf(mark)
    if (transitions.has(key)) continue
    const before = stamps.get(mark)
    const stamp = after(key, before)
    transitions.add(key, { before, after: stamp })
    stamps.set(mark, stamp)
  }
  return { kind: entry.kind, seq: entry.seq, changes, transitions }
}

function stampOf(entry: Entry): Stamp {
  return { seq: entry.seq, actor_id: entry.actor.id }
}

/** Stamps everything that a `do` entry touches as its own. */
export function linkDone(stamps: Stamps, entry: Entry): Link {
  const own = stampOf(entry)
  for (const change of entry.changes) {
    if (change.type === 'node-added') stamps.begin(change.node.id, own)
  }
  return link(stamps, entry, () => own)
}

/**
 * Stamps what an undo or redo touches: what stood gets back the writer from before. The rest was
 * forced, or taken along, and is the work of whoever did that; taking the entry back in turn
 * brings back the writer that it covered.
 */
export function linkReverted(stamps: Stamps, entry: Entry, latest: Link | undefined): Link {
  const own = stampOf(entry)
  return link(stamps, entry, (key, before) => {
    const transition = latest?.transitions.get(key)
    return transition && sameStamp(transition.after, before) ? transition.before : own
  })
}

/** Whether what an entry wrote is still as that entry left it (rule UNDO3). */
export function stands(stamps: Stamps, { transitions }: Link, mark: Mark): boolean {
  return sameStamp(transitions.get(keyOf(mark))?.after, stamps.get(mark))
}
