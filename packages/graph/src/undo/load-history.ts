import type { JsonValue } from '@talus/protocol'
import type { Steps } from '../steps.js'
import type { HeadOfStep, Piece, SavedStep, SavedTransition } from './snapshot.js'
import { loadStamp, Stamps, type RevertibleChange } from './stamps.js'
import { Link } from './link.js'
import type { Step } from './step.js'
import { StepStacks } from './step-stacks.js'
import { Tombstones } from './tombstones.js'
import { Transitions } from './transitions.js'

/** What the pieces that follow go into. */
type Open = { changes: RevertibleChange[]; transitions: Transitions }

/** Puts the pieces together again. */
class Loader {
  readonly stamps = new Stamps()
  readonly undone = new Map<string, string>()
  readonly tombstones = new Tombstones()
  readonly #steps: Step[] = []
  #open: Open | undefined

  take(piece: Piece): void {
    switch (piece.piece) {
      case 'undo-history':
        return
      case 'step':
        this.#takeStep(piece.step, piece)
        this.#takeChanges(piece.changes)
        this.#takeTransitions(piece.transitions)
        return
      case 'parts':
        return this.#takeParts(piece.command_ids)
      case 'changes':
        return this.#takeChanges(piece.changes)
      case 'transitions':
        return this.#takeTransitions(piece.transitions)
      case 'stamps':
        for (const node of piece.nodes) this.stamps.load(node)
        return
      case 'places':
        for (const run of piece.runs) this.tombstones.load(run)
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

  #takeChanges(changes: readonly RevertibleChange[] = []): void {
    this.#open?.changes.push(...changes)
  }

  #takeTransitions(transitions: readonly SavedTransition[] = []): void {
    for (const [key, before, after] of transitions) {
      const transition = { before: loadStamp(before), after: loadStamp(after) }
      this.#open?.transitions.add(key, transition)
    }
  }

  #takeParts(command_ids: readonly string[]): void {
    const step = this.#steps.at(-1)
    if (step) step.parts = [...(step.parts ?? []), ...command_ids]
  }

  #takeStep({ latest, ...step }: SavedStep, { entry, moved: only }: HeadOfStep): void {
    // Snapshots of before do not say how large a step is.
    const { kind, seq, chars = 0 } = latest as Partial<Link> & Pick<Link, 'kind' | 'seq'>
    const open: Open = { changes: [], transitions: new Transitions() }
    this.#open = open
    const of = entry ?? open.changes
    const moved = only
      ? { before: loadStamp(only[0]), after: loadStamp(only[1]) }
      : open.transitions
    this.#steps.push({ ...step, latest: new Link({ kind, seq, chars, of, moved }) })
  }
}

export type Loaded = {
  stamps: Stamps
  stacks: StepStacks
  undone: Map<string, string>
  tombstones: Tombstones
}

/** What `saveHistory` has saved. */
export function* loadHistory(pieces: Iterable<JsonValue>): Steps<Loaded> {
  const loader = new Loader()
  for (const piece of pieces) {
    loader.take(piece as Piece)
    yield
  }
  const { stamps, undone, tombstones } = loader
  tombstones.loaded()
  return { stamps, stacks: loader.stacks(), undone, tombstones }
}
