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

type Undone = ReadonlyMap<string, string>

function* piecesOf(stamps: Stamps, stacks: StepStacks, undone: Undone): Generator<Piece> {
  yield { piece: 'undo-history', version: 3 }
  for (const step of stacks.steps()) yield* piecesOfStep(step)
  for (const nodes of cut(stamps.saved())) yield { piece: 'stamps', nodes }
  for (const commands of cut(undone)) yield { piece: 'undone', commands }
}

/** The stamps, the stacks and what is undone, as pieces that can be written one by one. */
export function saveHistory(stamps: Stamps, stacks: StepStacks, undone: Undone): JsonValue[] {
  // Pieces are plain JSON; the types of changes just do not say so.
  return [...piecesOf(stamps, stacks, undone)] as JsonValue[]
}
