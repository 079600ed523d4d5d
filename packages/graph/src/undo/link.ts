import type { Entry } from '@talus/protocol'
import { isRevertible, keyOf, markOf, type RevertibleChange } from './stamps.js'
import { Transitions, type Transition } from './transitions.js'

/** An entry, and the same as JSON. */
export type Written = { entry: Entry; text: string }

/** Entries of so many characters at most are kept as they are written. */
const SMALL = 4_096

/** All of them nearly always: then the entry's own list will do. */
export function revertible({ changes }: Entry): readonly RevertibleChange[] {
  return changes.every(isRevertible) ? changes : changes.filter(isRevertible)
}

type Parts = {
  kind: Entry['kind']
  seq: number
  /** About what it takes to keep it: the characters of its entry as JSON. */
  chars: number
  /** An entry that holds them, as JSON, or themselves. */
  changes: string | readonly RevertibleChange[]
  /** The only one belongs to the only change. */
  moved: Transitions | Transition
}

/**
 * What an entry did and how it moved the stamps: all that taking it back needs. Sessions keep
 * thousands and hardly any is ever taken back. So a small one is the text that the journal has
 * already, and is read when it is asked for: many small objects are what garbage collection costs.
 */
export class Link {
  readonly kind: Entry['kind']
  readonly seq: number
  readonly chars: number
  readonly #changes: Parts['changes']
  readonly #moved: Parts['moved']

  constructor({ kind, seq, chars, changes, moved }: Parts) {
    this.kind = kind
    this.seq = seq
    this.chars = chars
    this.#changes = changes
    this.#moved = moved
  }

  static of({ entry, text }: Written, moved: Transitions | Transition): Link {
    const { kind, seq } = entry
    const { length: chars } = text
    return new Link({ kind, seq, chars, changes: chars > SMALL ? revertible(entry) : text, moved })
  }

  get changes(): readonly RevertibleChange[] {
    return typeof this.#changes === 'string'
      ? revertible(JSON.parse(this.#changes) as Entry)
      : this.#changes
  }

  get transitions(): Transitions {
    if (this.#moved instanceof Transitions) return this.#moved
    const transitions = new Transitions()
    for (const change of this.changes) transitions.add(keyOf(markOf(change)), this.#moved)
    return transitions
  }
}
