import type {
  AckSuccess,
  CommandData,
  CommandResult,
  CommandType,
  PreviewSuccess,
  SimpleCommand,
  UndoRequest,
} from '@talus/protocol'
import { newCommandId } from './command-id.js'
import { leftError } from './errors.js'
import type { Joined, Membership } from './membership.js'
import type { Order, Success } from './pending.js'
import { requireSessionEvent, type SessionEvents } from './session-events.js'

/** The acknowledgement of a command. `seq` is null when it changed nothing. */
export type Executed<Result> = Omit<AckSuccess, 'result'> & { result: Result }

/** What a command would do: its changes, and the result that it would have. */
export type Previewed<Result> = Omit<PreviewSuccess, 'result'> & { result: Result }

export type CommandOptions = {
  /** What people read in a history of changes. */
  label?: string
  /** The id of an earlier call that failed with `retryable`: it is not executed twice. */
  commandId?: string
}

/** `scope: 'session'` takes the last step of anybody; like `force`, it is for owners. */
export type UndoOptions = Pick<CommandOptions, 'commandId'> &
  Pick<UndoRequest, 'scope' | 'force'> & {
    /** The command to undo or redo, instead of the last one. */
    targetCommandId?: string
  }

/** The results of a batch, one for each command. */
export type BatchResults<Commands extends readonly SimpleCommand[]> = {
  [Index in keyof Commands]: CommandResult<Commands[Index]['command_type']>
}

/**
 * A session that the client is in. Its commands are executed in the order of the calls, each once,
 * also across lost connections. Every method that asks the server rejects with a TalusError.
 */
export class Session {
  readonly #membership: Membership

  /** Sessions come from `client.join`. */
  constructor(membership: Membership) {
    this.#membership = membership
  }

  get id(): string {
    return this.#membership.sessionId
  }

  /** What the server said at the last join: `seq`, `epoch`, `client_id`, `active_clients`, … */
  get joined(): Joined {
    return this.#membership.joined
  }

  /**
   * Listens to what happens in the session, whoever caused it; the result stops it. Events of the
   * time without a connection do not come: on `reconnect`, fetch the graph.
   */
  on<Name extends keyof SessionEvents>(
    name: Name,
    listener: (event: SessionEvents[Name]) => unknown,
  ): () => void {
    requireSessionEvent(name)
    return this.#membership.events.on(name, listener)
  }

  /** Executes a command; resolves once it is durable. */
  execute<Type extends CommandType>(
    command_type: Type,
    data: CommandData<Type>,
    { label, commandId: command_id = newCommandId() }: CommandOptions = {},
  ): Promise<Executed<CommandResult<Type>>> {
    const payload = { session_id: this.id, command_id, command_type, data, label }
    return this.#ask('execute_command', payload)
  }

  /** Executes several commands as one: all or nothing, one undo step. */
  batch<Commands extends readonly SimpleCommand[]>(
    commands: readonly [...Commands],
    options: CommandOptions = {},
  ): Promise<Executed<{ results: BatchResults<Commands> }>> {
    return this.execute('Batch', { commands: [...commands] }, options) as Promise<
      Executed<{ results: BatchResults<Commands> }>
    >
  }

  /** Undoes the actor's last step. */
  undo(options: UndoOptions = {}): Promise<AckSuccess> {
    return this.#revert('undo_command', options)
  }

  /** Redoes what the actor undid last. */
  redo(options: UndoOptions = {}): Promise<AckSuccess> {
    return this.#revert('redo_command', options)
  }

  /** What the command would do after everything called before; commits nothing. */
  preview<Type extends CommandType>(
    command_type: Type,
    data: CommandData<Type>,
  ): Promise<Previewed<CommandResult<Type>>> {
    return this.#ask('preview_command', { session_id: this.id, command_type, data })
  }

  /**
   * Leaves the session, after what was called before is settled. Listeners are not called any
   * more; later calls reject with LEFT. Never rejects.
   */
  leave(): Promise<void> {
    return this.#membership.leave()
  }

  #revert(
    order: 'undo_command' | 'redo_command',
    { commandId: command_id = newCommandId(), scope, force, targetCommandId }: UndoOptions,
  ): Promise<AckSuccess> {
    const target_command_id = targetCommandId
    return this.#ask(order, { session_id: this.id, command_id, scope, force, target_command_id })
  }

  #ask<S>(order: Order, payload: object): Promise<S> {
    if (this.#membership.isLeaving) return Promise.reject(leftError(this.id))
    // The contract ties the answer to the command; the types of the wire do not.
    return this.#membership.queue.add(order, payload as never) as Promise<Success> as Promise<S>
  }
}
