import type { AccessRules } from '@talus/graph'
import type { Actor, Entry, ErrorBody, JsonValue } from '@talus/protocol'
import type { EntryText } from '../journal/entry-text.js'

/** What every event of a session says of the session. */
export type SessionContext = {
  session_id: string
  epoch: string
  template_id: string | null
  /** Of the template that the session obeys. */
  template_digest: string | null
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
  | { kind: 'committed'; entry: Entry; body: EntryText; announced: boolean }
  | { kind: 'unchanged'; command: CommandRef; result: JsonValue; announced: boolean }
  | { kind: 'failed'; command: CommandRef; error: ErrorBody; announced: boolean }
  | { kind: 'saved'; project_id: string; saved_seq: number; timestamp: string }
