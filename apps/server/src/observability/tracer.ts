import type { Trace } from '../dispatch/trace.js'

export type Attributes = Record<string, string | number | undefined>

/** How it ended. `isFault`: the server failed, rather than that it refused. */
export type Ending = { isFault: boolean; attributes: Attributes }

/** A request or a command that is being followed. */
export interface Span extends Trace {
  end(ending: Ending): void
}

/** Where a span belongs: below another one, or below what a caller's header names (W3C). */
export type Parent = { span: Trace } | { headers: Record<string, unknown> }

/** What is to be followed. `entry`: whether it came from outside, or from another span. */
export type Followed = { name: string; isEntry: boolean; attributes: Attributes }

/** Follows requests and commands through the server. */
export interface Tracer {
  /** Undefined when this one is not among those that are traced. */
  begin(followed: Followed, parent?: Parent): Span | undefined
  /** Hands over what has been gathered, and ends. Does not wait long. */
  close(): Promise<void>
}
