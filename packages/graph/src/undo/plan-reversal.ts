import { ok, type Result, type Skipped, type UndoOutcome } from '@talus/protocol'
import type { Change } from '@talus/protocol'
import type { Permissions } from '../access/permissions.js'
import { Draft } from '../draft.js'
import type { ProjectGraph } from '../project-graph.js'
import { NODES_PER_STEP, type Steps } from '../steps.js'
import { Places } from './places.js'
import { revertCreation } from './revert-creation.js'
import { revertMove } from './revert-move.js'
import { revertProperty } from './revert-property.js'
import { revertRemoval } from './revert-removal.js'
import { restoredBy, revertRestoration, type Restored } from './revert-restoration.js'
import type { Reversal } from './reversal.js'
import type { RevertibleChange, Stamps } from './stamps.js'
import type { Step } from './step.js'
import type { Tombstones } from './tombstones.js'
import type { Verdict } from './verdict.js'

/** What entries have left beside the graph. */
type Folded = { readonly stamps: Stamps; readonly tombstones: Tombstones }

type Asked = {
  step: Step
  history: Folded
  force: boolean
  permissions: Permissions | undefined
}

type Planned = { changes: Change[]; outcome: UndoOutcome }

/** A node that returns below one that returns is decided on without the graph. */
function looksAtGraph(change: RevertibleChange, { returning }: Reversal): boolean {
  return change.type !== 'node-removed' || !returning.has(change.parent_id ?? '')
}

function* revert(reversal: Reversal, change: RevertibleChange, restored: Restored): Steps<Verdict> {
  switch (change.type) {
    case 'property-set':
      return revertProperty(reversal, change)
    case 'node-moved':
      return revertMove(reversal, change)
    case 'node-removed':
      return revertRemoval(reversal, change)
    case 'node-added':
      return reversal.step.latest.kind === 'undo'
        ? yield* revertRestoration(reversal, change, restored)
        : yield* revertCreation(reversal, change)
    default:
      return change satisfies never
  }
}

function outcomeOf(changes: readonly Change[], skipped: Skipped[]): UndoOutcome {
  if (changes.length === 0) return { status: 'noop', skipped }
  return { status: skipped.length === 0 ? 'applied' : 'partial', skipped }
}

function* revertAll(
  changes: readonly RevertibleChange[],
  reversal: Reversal,
): Steps<Result<Planned>> {
  const { draft, returning, places } = reversal
  const restored = yield* restoredBy(reversal)
  const skipped: Skipped[] = []
  for (const [n, change] of changes.slice().reverse().entries()) {
    if (n % NODES_PER_STEP === NODES_PER_STEP - 1) yield
    if (looksAtGraph(change, reversal)) yield* draft.viewInSteps()
    const verdict = yield* revert(reversal, change, restored)
    const returned = change.type === 'node-removed' && verdict.is === 'applied'
    if (!returned) returning.clear()
    switch (verdict.is) {
      case 'applied':
        draft.add(verdict.changes)
        if (change.type === 'node-added') yield* places.follow(verdict.changes)
        break
      case 'skipped':
        skipped.push(verdict.skipped)
        break
      case 'conflict':
        return { ok: false, error: verdict.failure }
      default:
        return verdict satisfies never
    }
  }
  return ok({ changes: draft.changes, outcome: outcomeOf(draft.changes, skipped) })
}

/**
 * What takes the latest entry of a step back, change by change from the last: one entry may hold
 * changes that depend on each other, so each is judged on what the others leave of the graph.
 * Whether something still stands is asked of the stamps, which no plan moves.
 */
export function* planReversal(
  graph: ProjectGraph,
  { step, history, force, permissions }: Asked,
): Steps<Result<Planned>> {
  const draft = new Draft(graph)
  const { stamps, tombstones } = history
  const { changes, seq } = step.latest
  const places = new Places(changes, tombstones.of(seq))
  const reversal = { step, stamps, draft, force, permissions, places, returning: new Set<string>() }
  try {
    const planned = yield* revertAll(changes, reversal)
    yield* draft.discardInSteps()
    return planned
  } finally {
    draft.discard()
  }
}
