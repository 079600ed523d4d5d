import type { Entry } from '@talus/protocol'
import { isRevertible, keyOf, markOf, type RevertibleChange } from './stamps.js'
import { Transitions, type Transition } from './transitions.js'

/** An entry as JSON; of a large one nothing but its length is asked for. */
export type EntryJson = string | { readonly length: number }

/** An entry, and the same as JSON. */
export type Written = { entry: Entry; text: EntryJson }

/** Entries of so many characters at most are kept as they are written. */
const SMALL = 4_096

/** All of them nearly always: then the entry's own list will do. */
export function revertible({ changes }: Entry): readonly RevertibleChange[] {
  // Not `every`, which takes a call for each of what may be 100,000.
  for (const { type } of changes) {
    if (type === 'graph-replaced') return changes.filter(isRevertible)
  }
  return changes as readonly RevertibleChange[]
}

/** What a link is made of, as it is kept. */
export type Parts = {
  readonly kind: Entry['kind']
  readonly seq: number
  /** About what it takes to keep it: the characters of its entry as JSON. */
  readonly chars: number
  /** The changes, or an entry that holds them, as JSON. */
  readonly of: string | readonly RevertibleChange[]
  /** How the stamps were moved; the only change needs no key. */
  readonly moved: Transitions | Transition
}

/**
 * What an entry did and how it moved the stamps: all that taking it back needs. Sessions keep
 * thousands and hardly any is ever taken back. So a small one is the text that the journal has
 * already, and is read when it is asked for: many small objects are what garbage collection costs.
 */
export class Link implements Parts {
  readonly kind: Parts['kind']
  readonly seq: Parts['seq']
  readonly chars: Parts['chars']
  readonly of: Parts['of']
  readonly moved: Parts['moved']

  constructor({ kind, seq, chars, of, moved }: Parts) {
    this.kind = kind
    this.seq = seq
    this.chars = chars
    this.of = of
    this.moved = moved
  }

  static to({ entry, text }: Written, moved: Parts['moved']): Link {
    const { kind, seq } = entry
    const { length: chars } = text
    const of = chars > SMALL || typeof text !== 'string' ? revertible(entry) : text
    return new Link({ kind, seq, chars, of, moved })
  }

  get changes(): readonly RevertibleChange[] {
    return typeof this.of === 'string' ? revertible(JSON.parse(this.of) as Entry) : this.of
  }

  get transitions(): Transitions {
    const { moved } = this
    if (moved instanceof Transitions) return moved
    const transitions = new Transitions()
    for (const change of this.changes) transitions.add(keyOf(markOf(change)), moved)
    return transitions
  }
}
