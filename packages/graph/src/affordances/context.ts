import type { PlanContext } from '../plan/planned.js'

/** What decides about a node beside the graph. */
export type AffordanceContext = Pick<PlanContext, 'blueprint' | 'permissions'>
