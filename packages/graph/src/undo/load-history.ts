import type { JsonValue } from '@talus/protocol'
import type { Piece, SavedNode, SavedStamp, SavedStep } from './snapshot.js'
import { Stamps, type RevertibleChange, type Stamp } from './stamps.js'
import type { Link, Step } from './step.js'
import { StepStacks } from './step-stacks.js'
import { Transitions } from './transitions.js'

type OpenLink = Link & { changes: RevertibleChange[] }

/** Puts the pieces together again. Equal stamps become one object, as they were. */
class Loader {
  readonly stamps = new Stamps()
  readonly undone = new Map<string, string>()
  readonly #steps: Step[] = []
  readonly #known = new Map<number, Stamp>()
  #link: OpenLink | undefined

  take(piece: Piece): void {
    switch (piece.piece) {
      case 'undo-history':
        return
      case 'step':
        return this.#takeStep(piece.step)
      case 'changes':
        this.#link?.changes.push(...piece.changes)
        return
      case 'transitions':
        for (const [key, before, after] of piece.transitions) {
          const transition = { before: this.#stamp(before), after: this.#stamp(after) }
          this.#link?.transitions.add(key, transition)
        }
        return
      case 'stamps':
        for (const node of piece.nodes) this.#takeNode(node)
        return
      case 'undone':
        for (const [command_id, by] of piece.commands) this.undone.set(command_id, by)
        return
      default:
        return piece satisfies never
    }
  }

  stacks(): StepStacks {
    return StepStacks.of(this.#steps)
  }

  #takeStep({ latest, ...step }: SavedStep): void {
    this.#link = { ...latest, changes: [], transitions: new Transitions() }
    this.#steps.push({ ...step, latest: this.#link })
  }

  #takeNode([id, existence, place, properties]: SavedNode): void {
    const written = new Map<string, Stamp>()
    for (const [property_id, saved] of properties) {
      const stamp = this.#stamp(saved)
      if (stamp) written.set(property_id, stamp)
    }
    this.stamps.load(id, {
      existence: this.#stamp(existence),
      place: this.#stamp(place),
      properties: written.size > 0 ? written : undefined,
    })
  }

  #stamp(saved: SavedStamp): Stamp | undefined {
    if (!saved) return undefined
    const [seq, actor_id] = saved
    const stamp = this.#known.get(seq) ?? { seq, actor_id }
    this.#known.set(seq, stamp)
    return stamp
  }
}

type Loaded = { stamps: Stamps; stacks: StepStacks; undone: Map<string, string> }

/** What `saveHistory` has saved. */
export function loadHistory(pieces: Iterable<JsonValue>): Loaded {
  const loader = new Loader()
  for (const piece of pieces) loader.take(piece as Piece)
  return { stamps: loader.stamps, stacks: loader.stacks(), undone: loader.undone }
}
