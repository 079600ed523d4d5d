import type { JsonObject, JsonValue } from '@talus/protocol'
import { checkedText, isObject, objectsOf } from './node-type.js'

const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']

type Entry = readonly [id: string, label: string, type: string, more?: JsonObject]

function group(ui_group: string, entries: readonly Entry[]): JsonObject[] {
  return entries.map(([id, label, type, more]) => ({ id, label, type, ...more, ui_group }))
}

function daily(id: string, label: (day: string) => string, more: (day: string) => JsonObject) {
  return DAYS.map((day): Entry => [`${id}_${day.toLowerCase()}`, label(day), 'number', more(day)])
}

function hoursOf(day: string): number {
  return day.startsWith('S') ? 0 : 8
}

const STATUS: Entry = [
  'status',
  'Status',
  'select',
  {
    indicator_set: 'status',
    options: [
      { name: 'To Do', indicator_id: 'empty' },
      { name: 'In Progress', indicator_id: 'partial' },
      { name: 'Done', indicator_id: 'filled' },
    ],
    value: 'To Do',
  },
]

/** What each feature of a node type adds to its properties, as the existing application has it. */
const FEATURES: Readonly<Record<string, readonly JsonObject[]>> = {
  scheduling: group('Schedule', [
    ['start_date', 'Start Date', 'date', { semantic_role: 'gantt_start' }],
    ['end_date', 'End Date', 'date', { semantic_role: 'gantt_end' }],
    ['assigned_to', 'Assigned To', 'node_reference', { target_type: 'person' }],
    ['estimated_hours', 'Estimated Hours', 'number', { value: 0 }],
    ['actual_hours', 'Actual Hours', 'number', { value: 0 }],
    ['allocations', 'Allocations', 'object', { value: {} }],
    STATUS,
  ]),
  budgeting: group('Financial', [
    ['estimated_cost', 'Estimated Cost', 'currency'],
    ['actual_cost', 'Actual Cost', 'currency'],
  ]),
  is_person: [
    ...group('Capacity', [
      ...daily(
        'capacity',
        (day) => `Capacity ${day} (Hours)`,
        (day) => ({ value: hoursOf(day), required: true }),
      ),
      ['daily_capacity', 'Daily Capacity (Hours)', 'number', { value: 8 }],
    ]),
    ...group('Overtime', [
      ...daily(
        'overtime_capacity',
        (day) => `Overtime ${day} (Hours)`,
        () => ({ value: 0 }),
      ),
      ['overtime_capacity', 'Overtime Capacity (Hours)', 'number', { value: 0 }],
    ]),
    ...group('Rates', [
      ...daily(
        'hourly_rate',
        (day) => `Hourly Rate ${day}`,
        () => ({}),
      ),
      ['hourly_rate', 'Hourly Rate', 'number', { value: 0 }],
    ]),
  ],
}

function featuresOf({ features }: JsonObject): string[] {
  const listed = Array.isArray(features) ? features.filter((each) => typeof each === 'string') : []
  return [...new Set(listed)].filter((feature) => Object.hasOwn(FEATURES, feature))
}

/** What the template's own property leaves open. */
function completed(own: JsonObject, added: JsonObject): JsonObject {
  const open = Object.entries(added).filter(([key]) => own[key] === undefined || own[key] === null)
  return { ...own, ...Object.fromEntries(open) }
}

/**
 * The properties of a type with those that its features add. A template that the application has
 * saved declares them itself, marked `system_locked`. A property of the template's own under the
 * same id stays beside the added one, which then goes by an id that names the feature.
 */
export function withFeatures(type: JsonObject): JsonObject {
  const properties = objectsOf(type['properties'])
  for (const feature of featuresOf(type)) {
    for (const added of FEATURES[feature] ?? []) {
      const id = checkedText(added, 'id')
      const generated = `_feat_${feature}_${id}`
      const locked = { ...added, system_locked: true }
      const at = properties.findIndex(
        (own) =>
          own['id'] === generated ||
          (own['id'] === id && own['system_locked'] === true) ||
          (own['_macro_injected'] === true && own['key'] === id),
      )
      const own: JsonValue | undefined = properties[at]
      if (isObject(own)) properties[at] = completed(own, locked)
      else if (properties.some((each) => each['id'] === id)) {
        properties.push({ ...locked, id: generated, key: id, _macro_injected: true })
      } else properties.push({ ...locked, _macro_injected: true })
    }
  }
  return { ...type, properties }
}
