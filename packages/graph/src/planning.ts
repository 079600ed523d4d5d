// What says what a command would change.
export { withTypes } from './access/typed-changes.js'
export { Blueprint } from './blueprint/blueprint.js'
export { plan } from './plan/plan.js'
export type { PlanContext, Planned } from './plan/planned.js'
