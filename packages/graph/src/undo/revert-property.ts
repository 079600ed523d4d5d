import type { PropertySet } from '@talus/protocol'
import { propertySet } from '../invert.js'
import { sameJson } from '../json-equality.js'
import { valueOf } from '../node-record.js'
import type { Reversal } from './reversal.js'
import { markOf } from './stamps.js'
import { stands } from './step.js'
import { applied, skipped, type Verdict } from './verdict.js'

/** Brings back a property's value from before, unless somebody else has written it since. */
export function revertProperty(reversal: Reversal, change: PropertySet): Verdict {
  const { step, stamps, draft, force } = reversal
  const { node_id, property_id, old_value } = change
  const target = { node_id, property_id }
  const record = draft.view().record(node_id)
  if (!record) return skipped(target, { reason: 'gone', stamp: stamps.existence(node_id) })
  const mark = markOf(change)
  if (!force && !stands(stamps, step.latest, mark)) {
    return skipped(target, { reason: 'superseded', stamp: stamps.get(mark) })
  }
  const current = valueOf(record, property_id)
  return sameJson(current, old_value)
    ? applied([])
    : applied([propertySet(target, current, old_value)])
}
