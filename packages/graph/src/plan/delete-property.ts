import { ok, type CommandData, type Result } from '@talus/protocol'
import { propertySet } from '../invert.js'
import { ownValue } from '../node-record.js'
import type { ProjectGraph } from '../project-graph.js'
import type { PlanContext, Planned } from './planned.js'
import { isDeletable, keyIn, namedProperty, typeOfRecord } from './property.js'
import { invalidProperty, nodeNotFound, refuse } from './refusals.js'

/** Plans to remove one property, also one that the template no longer declares. */
export function planDeleteProperty(
  graph: ProjectGraph,
  { node_id, property_id }: CommandData<'DeleteProperty'>,
  context: PlanContext,
): Result<Planned> {
  const record = graph.record(node_id)
  if (!record) return nodeNotFound('/data/node_id', node_id)
  const type = typeOfRecord(record, context.blueprint)
  if (!type.ok) return type
  const written = { type_id: record.blueprint_type_id, property_id, path: '/data/property_id' }
  // Whether the property is there may be hidden, too.
  const may = context.permissions?.toWrite(written)
  if (may?.ok === false) return may
  const named = namedProperty(type.value, property_id)
  if (!isDeletable(named)) {
    return invalidProperty('/data/property_id', property_id, {
      message: `The property '${named.property?.id ?? property_id}' cannot be deleted`,
      expected: 'a property that is neither required nor the name',
      actual: property_id,
    })
  }
  const key = keyIn(record.properties, named)
  const current = ownValue(record.properties, key)
  if (current === undefined) {
    return refuse('PROPERTY_NOT_FOUND', {
      message: `The node has no property '${property_id}'`,
      path: '/data/property_id',
      expected: 'a property that the node has',
      actual: property_id,
    })
  }
  const removal = propertySet({ node_id, property_id: key }, current, undefined)
  return ok({ changes: [removal], result: null })
}
