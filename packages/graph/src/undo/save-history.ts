import type { JsonValue } from '@talus/protocol'
import type { Piece, SavedNode, SavedStamp } from './snapshot.js'
import type { NodeStamps, Stamp, Stamps } from './stamps.js'
import type { StepStacks } from './step-stacks.js'
import type { Transition } from './transitions.js'

/** So many changes, transitions or stamped nodes go into one piece. */
const PIECE = 500

function saveStamp(stamp: Stamp | undefined): SavedStamp {
  return stamp ? [stamp.seq, stamp.actor_id] : null
}

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

function saveNode([id, { existence, place, properties }]: [string, NodeStamps]): SavedNode {
  const saved = [...(properties ?? [])].map(
    ([property_id, stamp]) => [property_id, saveStamp(stamp)] as [string, SavedStamp],
  )
  return [id, saveStamp(existence), saveStamp(place), saved]
}

type Undone = ReadonlyMap<string, string>

function* piecesOf(stamps: Stamps, stacks: StepStacks, undone: Undone): Generator<Piece> {
  yield { piece: 'undo-history', version: 1 }
  for (const { latest, ...step } of stacks.steps()) {
    const { kind, seq } = latest
    yield { piece: 'step', step: { ...step, latest: { kind, seq } } }
    for (const changes of cut(latest.changes)) yield { piece: 'changes', changes }
    for (const part of cut(latest.transitions)) {
      yield { piece: 'transitions', transitions: part.map(saveTransition) }
    }
  }
  for (const nodes of cut(stamps.entries())) yield { piece: 'stamps', nodes: nodes.map(saveNode) }
  for (const commands of cut(undone)) yield { piece: 'undone', commands }
}

/** The stamps, the stacks and what is undone, as pieces that can be written one by one. */
export function saveHistory(stamps: Stamps, stacks: StepStacks, undone: Undone): JsonValue[] {
  // Pieces are plain JSON; the types of changes just do not say so.
  return [...piecesOf(stamps, stacks, undone)] as JsonValue[]
}
