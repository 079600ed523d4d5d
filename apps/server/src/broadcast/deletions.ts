import type { Change, NodeRemoved } from '@talus/protocol'

/** A subtree that went away: its top and everything that went with it, top first. */
export type Deletion = { type: 'subtree-removed'; node_id: string; deleted_ids: string[] }

export type Effect = Exclude<Change, NodeRemoved> | Deletion

function topOf(id: string, parents: ReadonlyMap<string, string | null>): string {
  let top = id
  for (;;) {
    const parent = parents.get(top)
    if (parent === null || parent === undefined || !parents.has(parent)) return top
    top = parent
  }
}

function deletions(run: readonly NodeRemoved[]): Deletion[] {
  const parents = new Map(run.map((change) => [change.node.id, change.parent_id]))
  const groups = new Map<string, string[]>()
  for (const { node } of run) {
    const top = topOf(node.id, parents)
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

/** The changes of an entry with each removed subtree as one effect (rule DEL1). */
export function effectsOf(changes: readonly Change[]): readonly Effect[] {
  if (changes.every(isOther)) return changes
  const effects: Effect[] = []
  let run: NodeRemoved[] = []
  for (const change of changes) {
    if (change.type === 'node-removed') {
      run.push(change)
      continue
    }
    if (run.length > 0) effects.push(...deletions(run))
    run = []
    effects.push(change)
  }
  if (run.length > 0) effects.push(...deletions(run))
  return effects
}
