import type { JsonValue } from '@talus/protocol'
import type { Link } from './link.js'
import type { Loaded } from './load-history.js'
import type { HeadOfStep, Piece, SavedStep, SavedTransition } from './snapshot.js'
import { saveStamp, type SavedNode } from './stamps.js'
import type { Step } from './step.js'
import type { SavedRun } from './tombstones.js'
import { Transitions, type Transition } from './transitions.js'

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

function headOf({ of, moved }: Link): HeadOfStep {
  const head: HeadOfStep = {}
  if (typeof of === 'string') head.entry = of
  if (!(moved instanceof Transitions))
    head.moved = [saveStamp(moved.before), saveStamp(moved.after)]
  return head
}

function savedStep(step: Step): SavedStep {
  const { latest, parts: _, ...saved } = step
  const { kind, seq, chars } = latest
  return { ...saved, latest: { kind, seq, chars } }
}

function* piecesOfStep(step: Step): Generator<Piece> {
  const { latest } = step
  const head = headOf(latest)
  const { of, moved } = latest
  // Of each the first piece goes into the head, and the others are made when they are wanted.
  const changes = cut(typeof of === 'string' ? [] : of)
  const transitions = cut(moved instanceof Transitions ? moved : [])
  const [firstChanges, firstTransitions] = [changes.next(), transitions.next()]
  if (!firstChanges.done) head.changes = firstChanges.value
  if (!firstTransitions.done) head.transitions = firstTransitions.value.map(saveTransition)
  yield { piece: 'step', step: savedStep(step), ...head }
  for (const command_ids of cut(step.parts ?? [])) yield { piece: 'parts', command_ids }
  for (const part of changes) yield { piece: 'changes', changes: part }
  for (const part of transitions) {
    yield { piece: 'transitions', transitions: part.map(saveTransition) }
  }
}

/** What is saved: steps whose entries are never changed, and what else there is, as pieces. */
type Captured = {
  steps: readonly Step[]
  stamps: Iterable<SavedNode>
  undone: readonly [string, string][]
  runs: readonly SavedRun[]
}

/** Pieces of places, none much larger than `PIECE`; a long run goes on in the next one. */
function* placesIn(runs: readonly SavedRun[]): Generator<Piece> {
  const parts = function* (): Generator<SavedRun> {
    for (const run of runs) for (const left of cut(run.left)) yield { ...run, left }
  }
  let piece: SavedRun[] = []
  let size = 0
  for (const part of parts()) {
    if (size > 0 && size + part.left.length > PIECE) {
      yield { piece: 'places', runs: piece }
      piece = []
      size = 0
    }
    piece.push(part)
    size += part.left.length
  }
  if (size > 0) yield { piece: 'places', runs: piece }
}

function* piecesOf({ steps, stamps, undone, runs }: Captured): Generator<Piece> {
  yield { piece: 'undo-history', version: 6 }
  for (const step of steps) yield* piecesOfStep(step)
  for (const nodes of cut(stamps)) yield { piece: 'stamps', nodes }
  for (const commands of cut(undone)) yield { piece: 'undone', commands }
  yield* placesIn(runs)
}

/** What there is now, as pieces to be written one by one. */
export function saveHistory({ stamps, stacks, undone, tombstones }: Loaded): Iterable<JsonValue> {
  const steps = Array.from(stacks.steps(), (step) =>
    step.parts ? { ...step, parts: [...step.parts] } : { ...step },
  )
  const runs = tombstones.capture()
  const captured = { steps, stamps: stamps.capture(), undone: [...undone], runs }
  // Pieces are plain JSON; the types of changes just do not say so.
  return piecesOf(captured) as Iterable<JsonValue>
}
