import type { Affordances } from '@talus/protocol'
import type { Blueprint } from '../blueprint/blueprint.js'
import type { Steps } from '../capture.js'
import type { NodeRecord } from '../node-record.js'
import { mayStandBelow } from '../plan/placement.js'
import type { ProjectGraph } from '../project-graph.js'
import { moveTargets } from './move-targets.js'
import { propertyAffordances } from './properties.js'

function childTypes(parent: NodeRecord, blueprint: Blueprint | null): Affordances['child_types'] {
  if (!blueprint) return null
  return blueprint.types
    .filter((type) => mayStandBelow(parent, type.id, blueprint))
    .map(({ id, label }) => ({ id, label }))
}

/**
 * What may be done to a node as the graph is now, decided by the code that `plan` decides by (rule
 * AFF1). Undefined when there is no such node.
 */
export function affordances(
  graph: ProjectGraph,
  node_id: string,
  blueprint: Blueprint | null,
): Steps<Affordances> | undefined {
  const record = graph.record(node_id)
  if (!record) return undefined
  const capture = graph.capture()
  return (function* steps(): Steps<Affordances> {
    yield* capture.prepare()
    const move_targets = yield* moveTargets(capture, record, blueprint)
    const isRoot = record.parent_id === null
    return {
      child_types: childTypes(record, blueprint),
      move_targets,
      ...propertyAffordances(record, blueprint),
      can_delete: true,
      can_unlink: !isRoot,
      can_link: isRoot && move_targets.node_ids.length > 0,
    }
  })()
}
