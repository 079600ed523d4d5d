import type { Affordances } from '@talus/protocol'
import type { Permissions } from '../access/permissions.js'
import type { Capture } from '../capture.js'
import { NODES_PER_STEP, type Steps } from '../steps.js'
import type { NodeRecord } from '../node-record.js'
import type { NodeType } from '../blueprint/node-type.js'
import { defaultOf } from '../blueprint/property-value.js'
import { mayStandBelow } from '../plan/placement.js'
import type { ProjectGraph } from '../project-graph.js'
import type { AffordanceContext } from './context.js'
import { moveTargets } from './move-targets.js'
import { propertyAffordances } from './properties.js'

/** Whether somebody may create a node of a type, with its name where one is required. */
function mayCreate(type: NodeType, permissions: Permissions | undefined): boolean {
  if (!permissions) return true
  const naming = type.property('name')
  const isNamed = naming?.required === true && defaultOf(naming) === undefined
  return (
    permissions.toCreate(type.id, '').ok &&
    (!isNamed || permissions.toGive({ type_id: type.id, property_id: 'name', path: '' }).ok)
  )
}

function childTypes(
  parent: NodeRecord,
  { blueprint, permissions }: AffordanceContext,
): Affordances['child_types'] {
  if (!blueprint) return null
  return blueprint.types
    .filter((type) => mayStandBelow(parent, type.id, blueprint) && mayCreate(type, permissions))
    .map(({ id, label }) => ({ id, label }))
}

const NOWHERE: Affordances['move_targets'] = { node_ids: [], truncated: false }

/** Whether the caller may change a node and all below it. */
function* mayDelete(
  capture: Capture,
  from: string,
  permissions: Permissions | undefined,
): Steps<boolean> {
  if (!permissions) return true
  let looked = 0
  for (const { blueprint_type_id } of capture.preorder({ from })) {
    looked += 1
    if (looked % NODES_PER_STEP === 0) yield
    if (!permissions.toChange(blueprint_type_id, '').ok) return false
  }
  return true
}

/**
 * What may be done to a node as the graph is now, decided by the code that `plan` decides by (rules
 * AFF1, ACC2). Undefined when there is no such node.
 */
export function affordances(
  graph: ProjectGraph,
  node_id: string,
  context: AffordanceContext,
): Steps<Affordances> | undefined {
  const record = graph.record(node_id)
  if (!record) return undefined
  const { blueprint, permissions } = context
  const capture = graph.capture()
  return (function* steps(): Steps<Affordances> {
    yield* capture.prepare()
    const mayChange = permissions?.toChange(record.blueprint_type_id, '').ok ?? true
    const move_targets = mayChange ? yield* moveTargets(capture, record, blueprint) : NOWHERE
    const isRoot = record.parent_id === null
    return {
      child_types: childTypes(record, context),
      move_targets,
      ...propertyAffordances(record, context),
      can_delete: mayChange && (yield* mayDelete(capture, node_id, permissions)),
      can_unlink: mayChange && !isRoot,
      can_link: isRoot && move_targets.node_ids.length > 0,
    }
  })()
}
