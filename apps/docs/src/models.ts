import * as protocol from '@talus/protocol'
import type { Schema } from './contract.js'

/** TypeBox marks what it made; the tables of the contract are plain objects. */
function isModel(value: unknown): value is Schema {
  if (typeof value !== 'object' || value === null) return false
  return Object.hasOwn(value, '~kind') || Object.hasOwn(value, '~unsafe')
}

/** The schemas that `@talus/protocol` exports by name: `Node`, `Actor`, `Entry`, `ErrorBody`, … */
export const models: ReadonlyMap<string, Schema> = new Map(
  Object.entries(protocol).flatMap(([name, value]): [string, Schema][] =>
    isModel(value)
      ? // `RoleSchema` has its ending from the type `Role` beside it.
        [[name.replace(/Schema$/, ''), JSON.parse(JSON.stringify(value)) as Schema]]
      : [],
  ),
)
