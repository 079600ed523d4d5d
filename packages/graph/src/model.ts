// What a replica needs of a graph, apart from what plans changes: bundlers that split by files load
// each when it is needed.
export type { GraphImage } from './graph-image.js'
export { invert } from './invert.js'
export { sameJson } from './json-equality.js'
export type { NodeRecord, Properties } from './node-record.js'
export { ProjectGraph } from './project-graph.js'
export { isEdit, joinChanges } from './undo/joined-changes.js'
