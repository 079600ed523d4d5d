/** A command as it is sent, and sent again, until it is answered. */
export type StoredCommand = {
  /** Unique among the commands of a scope. */
  command_id: string
  /** The event that it is sent as. */
  order: 'execute_command' | 'undo_command' | 'redo_command'
  /** The whole payload: under one command id it must stay the same (rule IDEM2). */
  payload: { session_id: string }
}

/**
 * Where unanswered commands outlive the client: a page that is reloaded, a process that ends. A
 * scope is one actor in one session of one server.
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
  /** Keeps a command behind all others of its scope. */
  add(scope: string, command: StoredCommand): Promise<void>
  /** Forgets a command: it is answered. */
  remove(scope: string, command_id: string): Promise<void>
  /** The client is closed: what is left is there for the next one. */
  close(): void
}
