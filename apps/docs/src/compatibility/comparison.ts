import type { Schema } from '../contract.js'
import type { Direction } from './finding.js'
import type { Document } from './schema-view.js'

/** A place in a message, and how it was found to break clients. */
export type Fault = { at: string; what: string }

/**
 * Two schemas at one place of a message. All that `inner` lets through has to fit `outer`: what
 * clients sent before has to be taken after, what they are given after they have to understand.
 */
export type Comparison = {
  inner: Schema
  outer: Schema
  direction: Direction
  at: string
  innerDocument: Document
  outerDocument: Document
  /** What is being compared further out: a schema may contain itself. */
  within: readonly string[]
}

/** The two ends of a change, in the order of time. */
export function fromTo(direction: Direction, inner: string, outer: string): string {
  return direction === 'sent'
    ? `is narrowed from ${inner} to ${outer}`
    : `is widened from ${outer} to ${inner}`
}
