import type { JsonValue } from '@talus/protocol'
import type { Piece } from './snapshot.js'
import { saveStamp, type SavedStamp, type Stamps } from './stamps.js'
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

function saveTransition([key, { before, after }]: [string, Transition]) {
  return [key, saveStamp(before), saveStamp(after)] as [string, SavedStamp, SavedStamp]
}

type Undone = ReadonlyMap<string, string>

function* piecesOf(stamps: Stamps, stacks: StepStacks, undone: Undone): Generator<Piece> {
  yield { piece: 'undo-history', version: 2 }
  for (const { latest, ...step } of stacks.steps()) {
    const { kind, seq, chars } = latest
    yield { piece: 'step', step: { ...step, latest: { kind, seq, chars } } }
    for (const changes of cut(latest.changes)) yield { piece: 'changes', changes }
    for (const part of cut(latest.transitions)) {
      yield { piece: 'transitions', transitions: part.map(saveTransition) }
    }
  }
  for (const nodes of cut(stamps.saved())) yield { piece: 'stamps', nodes }
  for (const commands of cut(undone)) yield { piece: 'undone', commands }
}

/** The stamps, the stacks and what is undone, as pieces that can be written one by one. */
export function saveHistory(stamps: Stamps, stacks: StepStacks, undone: Undone): JsonValue[] {
  // Pieces are plain JSON; the types of changes just do not say so.
  return [...piecesOf(stamps, stacks, undone)] as JsonValue[]
}
