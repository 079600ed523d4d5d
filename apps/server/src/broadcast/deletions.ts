import { NODES_PER_STEP, type Steps } from '@talus/graph'
import type { Change, NodeRemoved } from '@talus/protocol'

/** A subtree that went away: its top and everything that went with it, top first. */
export type Deletion = { type: 'subtree-removed'; node_id: string; deleted_ids: string[] }

export type Effect = Exclude<Change, NodeRemoved> | Deletion

/** The top of the removed subtree that each node is in. A child is removed before its parent. */
function* topsOf(run: readonly NodeRemoved[]): Steps<Map<string, string>> {
  const tops = new Map<string, string>()
  for (let i = run.length - 1; i >= 0; i -= 1) {
    if (i % NODES_PER_STEP === 0) yield
    const { node, parent_id } = run[i] as NodeRemoved
    tops.set(node.id, (parent_id === null ? undefined : tops.get(parent_id)) ?? node.id)
  }
  return tops
}

function* deletions(run: readonly NodeRemoved[]): Steps<Deletion[]> {
  const tops = yield* topsOf(run)
  const groups = new Map<string, string[]>()
  for (const [n, { node }] of run.entries()) {
    if (n % NODES_PER_STEP === NODES_PER_STEP - 1) yield
    const top = tops.get(node.id) ?? node.id
    const group = groups.get(top)
    if (group) group.push(node.id)
    else groups.set(top, [node.id])
  }
  return [...groups].map(([node_id, ids]) => ({
    type: 'subtree-removed',
    node_id,
    deleted_ids: ids.reverse(),
  }))
}

function isOther(change: Change): change is Exclude<Change, NodeRemoved> {
  return change.type !== 'node-removed'
}

/** Whether no node is removed: then the changes are the effects. */
export function areEffects(
  changes: readonly Change[],
): changes is readonly Exclude<Change, NodeRemoved>[] {
  return changes.every(isOther)
}

/** The changes of an entry with each removed subtree as one effect (rule DEL1). */
export function* effectsOf(changes: readonly Change[]): Steps<readonly Effect[]> {
  const effects: Effect[] = []
  let run: NodeRemoved[] = []
  for (const change of changes) {
    if (change.type === 'node-removed') {
      run.push(change)
      continue
    }
    if (run.length > 0) for (const deletion of yield* deletions(run)) effects.push(deletion)
    run = []
    effects.push(change)
  }
  if (run.length > 0) for (const deletion of yield* deletions(run)) effects.push(deletion)
  return effects
}
