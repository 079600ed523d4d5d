import type { JsonValue } from '@talus/protocol'
import type { Piece, SavedTransition } from './snapshot.js'
import { saveStamp, type Stamps } from './stamps.js'
import type { Step } from './step.js'
import type { StepStacks } from './step-stacks.js'
import type { Transition } from './transitions.js'

/** So many changes, transitions or stamped nodes go into one piece. */
const PIECE = 500

function* cut<T>(items: Iterable<T>): Generator<T[]> {
  let part: T[] = []
  for (const item of items) {
    part.push(item)
    if (part.length < PIECE) continue
    yield part
    part = []
  }
  if (part.length > 0) yield part
}

function saveTransition([key, { before, after }]: [string, Transition]): SavedTransition {
  return [key, saveStamp(before), saveStamp(after)]
}

function* piecesOfStep({ latest, ...step }: Step): Generator<Piece> {
  const { kind, seq, chars } = latest
  const [changes = [], ...laterChanges] = cut(latest.changes)
  const [transitions = [], ...laterTransitions] = cut(latest.transitions)
  yield {
    piece: 'step',
    step: { ...step, latest: { kind, seq, chars } },
    changes,
    transitions: transitions.map(saveTransition),
  }
  for (const part of laterChanges) yield { piece: 'changes', changes: part }
  for (const part of laterTransitions) {
    yield { piece: 'transitions', transitions: part.map(saveTransition) }
  }
}

/** What is saved: steps whose entries are never changed, and what else there is, as pieces. */
type Captured = { steps: readonly Step[]; rest: readonly Piece[] }

function* piecesOf({ steps, rest }: Captured): Generator<Piece> {
  yield { piece: 'undo-history', version: 3 }
  for (const step of steps) yield* piecesOfStep(step)
  yield* rest
}

/**
 * The stamps, the stacks and what is undone as they are now, as pieces that can be taken and written
 * one by one: to read the entries of all steps takes a while.
 */
export function saveHistory(
  stamps: Stamps,
  stacks: StepStacks,
  undone: ReadonlyMap<string, string>,
): Iterable<JsonValue> {
  const steps = Array.from(stacks.steps(), (step) => ({ ...step }))
  const rest: Piece[] = []
  for (const nodes of cut(stamps.saved())) rest.push({ piece: 'stamps', nodes })
  for (const commands of cut(undone)) rest.push({ piece: 'undone', commands })
  // Pieces are plain JSON; the types of changes just do not say so.
  return piecesOf({ steps, rest }) as Iterable<JsonValue>
}
