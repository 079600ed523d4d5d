import type { Change, JsonValue } from '@talus/protocol'
import type { Permissions } from '../access/permissions.js'
import type { Blueprint } from '../blueprint/blueprint.js'
import type { GraphLimits } from './limits.js'

/** What a plan needs beside the graph; passed in, so that a plan can be made again. */
export type PlanContext = {
  /** Null: everything is allowed. */
  blueprint: Blueprint | null
  /** What the caller may do; absent: everything that the blueprint allows. */
  permissions?: Permissions | undefined
  newId(): string
  now(): string
  /** How large the graph may become; absent: as large as it will. */
  limits?: GraphLimits
}

/** What a command comes to. No changes: there is nothing to do (rule CMD4). */
export type Planned = { changes: Change[]; result: JsonValue }
