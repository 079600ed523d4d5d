import type { Permissions } from '../access/permissions.js'
import type { Draft } from '../draft.js'
import type { Places } from './places.js'
import type { Stamps } from './stamps.js'
import type { Step } from './step.js'

/** One step being taken back: what every kind of change looks at. */
export type Reversal = {
  readonly step: Step
  readonly stamps: Stamps
  readonly draft: Draft
  /** Overrides what others did since; not what is impossible. */
  readonly force: boolean
  /** What the caller may do; undefined: everything. */
  readonly permissions: Permissions | undefined
  /** Where the nodes of the step go back to. */
  readonly places: Places
  /** Nodes that this plan brings back, while it does nothing else in between. */
  readonly returning: Set<string>
}
