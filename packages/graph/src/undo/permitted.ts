import { ok, type Change, type Result } from '@talus/protocol'
import type { Permissions } from '../access/permissions.js'
import { invert } from '../invert.js'
import type { ProjectGraph } from '../project-graph.js'
import { NODES_PER_STEP, type Steps } from '../steps.js'
import type { Step } from './step.js'

type Turn = { kind: 'undo' | 'redo'; permissions: Permissions | undefined }

type Known = Turn & { permissions: Permissions; typeOf: (node_id: string) => string | undefined }

function permitted(change: Change, { kind, permissions, typeOf }: Known): Result<null> {
  if (change.type === 'graph-replaced') return ok(null)
  if (change.type === 'node-added' || change.type === 'node-removed') {
    const type_id = change.node.blueprint_type_id
    const may = permissions.toChange(type_id, '')
    const createsAgain = kind === 'redo' && change.type === 'node-added'
    return may.ok && createsAgain ? permissions.toCreate(type_id, '') : may
  }
  const said = change.type === 'property-set' ? change.blueprint_type_id : undefined
  const type_id = said ?? typeOf(change.node_id)
  // A node that is gone: whatever was done with it will be left alone.
  if (type_id === undefined) return ok(null)
  return change.type === 'node-moved'
    ? permissions.toChange(type_id, '')
    : permissions.toWrite({ type_id, property_id: change.property_id, path: '' })
}

function typesIn(graph: ProjectGraph, changes: readonly Change[]): Known['typeOf'] {
  const types = new Map<string, string>()
  for (const change of changes) {
    if ('node' in change) types.set(change.node.id, change.node.blueprint_type_id)
  }
  return (node_id) => types.get(node_id) ?? graph.record(node_id)?.blueprint_type_id
}

function* permittedAll(
  graph: ProjectGraph,
  changes: readonly Change[],
  turn: Turn,
): Steps<Result<null>> {
  const { kind, permissions } = turn
  if (!permissions) return ok(null)
  const known = { kind, permissions, typeOf: typesIn(graph, changes) }
  for (const [n, change] of changes.entries()) {
    if (n % NODES_PER_STEP === NODES_PER_STEP - 1) yield
    const may = permitted(change, known)
    if (!may.ok) return may
  }
  return ok(null)
}

/**
 * Whether a step may be taken back as a whole, what others have superseded included: what becomes
 * of that would tell of things that the caller may not see (rule ACC4). Errors: FORBIDDEN.
 */
export function* mayTakeBack(
  graph: ProjectGraph,
  { latest }: Step,
  turn: Turn,
): Steps<Result<null>> {
  return turn.permissions ? yield* permittedAll(graph, invert(latest.changes), turn) : ok(null)
}

/** Whether everything that a reversal comes to is permitted. Errors: FORBIDDEN. */
export const mayMake = permittedAll
