import type { AccessRules, Steps } from '@talus/graph'
import type { Actor, Entry, ErrorBody, JsonValue } from '@talus/protocol'
import type { Made } from './said.js'

/** What every event of a session says of the session. */
export type SessionContext = {
  session_id: string
  epoch: string
  template_id: string | null
  project_id: string | null
  /** The last durable seq. */
  seq: number
  /** Who may see what; null: everybody everything. */
  rules: AccessRules | null
}

/** A command as the lifecycle events name it. */
export type CommandRef = {
  command_id: string
  command_type: string
  actor: Actor
  label?: string
  timestamp: string
}

/**
 * One thing that a room learns, in the order of the commits. `announced`: its
 * `command:executing` went out already, because the commit took long.
 */
export type Publication =
  | { kind: 'executing'; command: CommandRef }
  | { kind: 'committed'; entry: Entry; body: string; announced: boolean }
  | { kind: 'unchanged'; command: CommandRef; result: JsonValue; announced: boolean }
  | { kind: 'failed'; command: CommandRef; error: ErrorBody; announced: boolean }
  | { kind: 'saved'; project_id: string; saved_seq: number; timestamp: string }

/** What the dispatcher knows of broadcasting. It never throws and never waits. */
export interface Broadcaster {
  /**
   * Makes what will be published, if nothing comes between, into bytes ahead of it. Undefined: that
   * depends on who is there then.
   */
  prepare(session: SessionContext, publications: readonly Publication[]): Made | undefined
  /** `made`: what was prepared of the same publications. */
  publish(session: SessionContext, publications: readonly Publication[], made?: Made): void
  /** The same in steps, to those who are there when it begins. */
  publishInSteps(session: SessionContext, publications: readonly Publication[]): Steps<void>
}
