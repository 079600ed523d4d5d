import type { ErrorBody } from '@talus/protocol'

/** A command as it is sent, and sent again, until it is answered. */
export type StoredCommand = {
  /** Unique among the commands of a scope. */
  command_id: string
  /** The event that it is sent as. */
  order: 'execute_command' | 'undo_command' | 'redo_command'
  /** The whole payload: under one command id it must stay the same (rule IDEM2). */
  payload: { session_id: string }
  /** Why the server refused it: it is kept until the application has heard of that. */
  refused?: ErrorBody
}

/**
 * Where unanswered commands outlive the client: a page that is reloaded, a process that ends. A
 * scope is one actor in one session of one server.
 *
 * A method may throw, reject, or never answer: the client then works in memory, tells it once as
 * STORE_FAILED, and tries again from time to time and with each new command. When the store works
 * again, every command that is still open is added anew, so `add` has to take a command that it
 * holds already.
 *
 * Executing a command twice is not to be feared, as the server knows its id (rule IDEM1); losing
 * one or changing the order is.
 */
export interface CommandStore {
  /**
   * What clients that are gone have left in the scope, oldest first. It belongs to this client
   * from then on, and is not given again.
   */
  adopt(scope: string): Promise<StoredCommand[]>
  /** Keeps a command behind all others of its scope; one that it holds, in its new form. */
  add(scope: string, command: StoredCommand): Promise<void>
  /** Forgets a command: it is answered. */
  remove(scope: string, command_id: string): Promise<void>
  /** The client is closed: what is left is there for the next one. */
  close(): void
  /**
   * Optional: called once, with functions to call when what is stored was lost, and when another
   * client is gone, whose commands `adopt` gives then; the second resolves when they are taken in.
   * `wasThere`: `adopt` met commands of that client while it lived.
   */
  watch?(onLost: (cause: unknown) => void, onLeft: (wasThere?: boolean) => Promise<void>): void
  /** Optional: removes everything in the scopes for which `matches` holds, records included. */
  forget?(matches: (scope: string) => boolean): Promise<void>
  /** Optional: where the last graph of a session is kept. Without it a reload waits for the server. */
  readonly records?: RecordStore
}

/** Lists of texts by scope. Writes of one scope come one after the other. */
export interface RecordStore {
  /** The records of a scope in the order in which they were written; empty when there are none. */
  read(scope: string): Promise<string[]>
  /** Puts records in the place of all that there are, or leaves them as they are and rejects. */
  replace(scope: string, records: readonly string[]): Promise<void>
  /** Adds a record to those of a scope; false, and nothing is kept, when there are none. */
  append(scope: string, record: string): Promise<boolean>
  /** The scopes that have records, with the time of the last write in ms since 1970. */
  list(): Promise<{ scope: string; at: number; bytes: number }[]>
}
