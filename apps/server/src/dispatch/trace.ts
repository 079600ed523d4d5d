/** What a command passes on its way, in this order. */
export type Milestone = 'admitted' | 'planned' | 'taken' | 'durable' | 'published'

/** Follows one request or command through the server; there only while somebody traces. */
export interface Trace {
  reached(milestone: Milestone): void
}
