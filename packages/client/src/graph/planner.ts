/** What predictions are made with: loaded while a session is joined. */
export { Blueprint, plan, withTypes } from '@talus/graph/planning'
