import type {
  AckSuccess,
  CommandData,
  CommandResult,
  CommandType,
  PreviewSuccess,
  Role,
  SimpleCommand,
  UndoRequest,
} from '@talus/protocol'
import type { SessionGraph } from './graph/session-graph.js'
import type { Joined } from './joined.js'
import type { Membership } from './membership.js'
import { newId } from './new-id.js'
import { SessionPresence, type Other, type Participant } from './presence.js'
import type { Order, Success } from './queue/pending.js'
import type { SessionEvents, SessionStatus } from './session-events.js'
import { withNodeIds } from './wish.js'

/** The acknowledgement of a command. `seq` is null when it changed nothing. */
export type Executed<Result> = Omit<AckSuccess, 'result'> & {
  /** What the command says it did; its shape follows from the type of the command. */
  result: Result
}

/** What a command would do: its changes, and the result that it would have. */
export type Previewed<Result> = Omit<PreviewSuccess, 'result'> & {
  /** The result that executing would have. */
  result: Result
}

/** What may be said of a command beside what it does. */
export type CommandOptions = {
  /** What people read in a history of changes. */
  label?: string
  /**
   * Commands in a row with the same key are one undo step, as far as they set properties or move
   * nodes: all frames of a drag, for example. Without it, edits of one property and moves of one node
   * are, while they follow each other within a second. `false`: a step of its own.
   */
  mergeKey?: string | false
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
 * A session that the client is in: its graph to read and to watch, and commands to change it.
 * They show at once and are executed in the order of the calls, each once, also across lost
 * connections. What asks the server rejects with a TalusError; nobody has to listen to that, as
 * `rejected` tells of it too.
 */
export class Session {
  /** What there is, with the own commands that are under way. */
  readonly graph: SessionGraph
  /** Where this client is, for the others to see. */
  readonly presence: SessionPresence
  readonly #membership: Membership

  /** Sessions come from `client.join`. */
  constructor(membership: Membership) {
    this.#membership = membership
    this.graph = membership.graph
    this.presence = new SessionPresence(membership.presence, (listener) =>
      membership.events.on('others', listener),
    )
  }

  /** Has Vue leave it as it is: a proxy cannot reach private fields. */
  get __v_skip(): true {
    return true
  }

  /** The id that it was joined by. */
  get id(): string {
    return this.#membership.sessionId
  }

  /** How the session stands with the server; `on('status')` tells when that differs. */
  get status(): SessionStatus {
    return this.#membership.status
  }

  /** How many commands are not answered yet. */
  get pending(): number {
    return this.#membership.commands.count
  }

  /** Whether there is a step of this actor to undo, as far as this client knows. */
  get canUndo(): boolean {
    return this.#membership.undo.canUndo
  }

  /** Whether there is a step of this actor to redo, as far as this client knows. */
  get canRedo(): boolean {
    return this.#membership.undo.canRedo
  }

  /** Where the others are: the same array until somebody comes, goes or moves. */
  get others(): readonly Other[] {
    return this.#membership.presence.others
  }

  /**
   * Who is in the session, this client and other tabs of the same actor included: one for each
   * connection, in the order of coming. The same array until somebody comes or goes.
   */
  get participants(): readonly Participant[] {
    return this.#membership.presence.participants
  }

  /** What this client may do now; `on('role')` tells when that differs. */
  get role(): Role | undefined {
    return this.#membership.joined.role
  }

  /** The number of the last entry that the graph holds. */
  get seq(): number {
    return this.#membership.seq
  }

  /** What the server said at the last join: `epoch`, `client_id`, `active_clients`, …; `role` is that of now. */
  get joined(): Joined {
    return this.#membership.joined
  }

  /**
   * Listens to what happens in the session; the result stops it. Throws a TypeError for a name
   * that no event has.
   */
  on<Name extends keyof SessionEvents>(
    name: Name,
    listener: (event: SessionEvents[Name]) => unknown,
  ): () => void {
    const stop = this.#membership.events.on(name, listener)
    // A task later, as for everything that happened before somebody listened.
    if (name === 'rejected') setTimeout(() => this.#membership.commands.refusals.hear())
    return stop
  }

  /**
   * Executes a command: the graph shows it at once, and takes it back if the server refuses it.
   * Resolves when it is durable and confirmed in the graph. Rejects with a TalusError: what the
   * server refused, CLOSED or LEFT.
   */
  execute<Type extends CommandType>(
    command_type: Type,
    data: CommandData<Type>,
    { label, commandId, mergeKey }: CommandOptions = {},
  ): Promise<Executed<CommandResult<Type>>> {
    const payload = {
      session_id: this.id,
      command_id: commandId ?? newId(),
      command_type,
      data: withNodeIds(command_type, data, commandId),
      label,
    }
    return this.#ask('execute_command', payload, mergeKey)
  }

  /** Executes several commands as one: all or nothing, one undo step. Rejects like `execute`. */
  batch<Commands extends readonly SimpleCommand[]>(
    commands: readonly [...Commands],
    options: CommandOptions = {},
  ): Promise<Executed<{ results: BatchResults<Commands> }>> {
    return this.execute('Batch', { commands: [...commands] }, options) as Promise<
      Executed<{ results: BatchResults<Commands> }>
    >
  }

  /**
   * Undoes the actor's last step. `undo` of the answer is `{ status, skipped }`: `applied`, or
   * `partial` when some of it was left alone because others changed it, or `noop` when all was;
   * `skipped` says what and by whom. Rejects like `execute`, with NOTHING_TO_UNDO when there is no
   * step.
   */
  undo(options: UndoOptions = {}): Promise<AckSuccess> {
    return this.#revert('undo_command', options)
  }

  /** Redoes what the actor undid last. Rejects like `execute`, with NOTHING_TO_REDO without it. */
  redo(options: UndoOptions = {}): Promise<AckSuccess> {
    return this.#revert('redo_command', options)
  }

  /**
   * What the command would do after everything called before; commits nothing. Rejects with what
   * executing would refuse, or TIMEOUT.
   */
  preview<Type extends CommandType>(
    command_type: Type,
    data: CommandData<Type>,
  ): Promise<Previewed<CommandResult<Type>>> {
    return this.#ask('preview_command', { session_id: this.id, command_type, data })
  }

  /**
   * Resolves when everything called so far is executed and in the graph, or refused. Never
   * rejects.
   */
  flush(): Promise<void> {
    return this.#membership.commands.settled()
  }

  /**
   * Leaves the session. Listeners are not called any more, what was said as presence is taken back,
   * later calls reject with LEFT. What was called before is still sent, also when that takes
   * another connection; until then `client.join()` takes the leaving back. Resolves when the server
   * has let this client go, or when there is no connection. Never rejects. What is not answered
   * before `client.close()` is sent by the next client with the same store that joins.
   */
  leave(): Promise<void> {
    return this.#membership.leave()
  }

  #revert(
    order: 'undo_command' | 'redo_command',
    { commandId: command_id = newId(), scope, force, targetCommandId }: UndoOptions,
  ): Promise<AckSuccess> {
    const target_command_id = targetCommandId
    return this.#ask(order, { session_id: this.id, command_id, scope, force, target_command_id })
  }

  #ask<S>(order: Order, payload: object, mergeKey?: string | false): Promise<S> {
    // The contract ties the answer to the command; the types of the wire do not.
    const answer = this.#membership.commands.submit(order, payload as never, mergeKey)
    return answer as Promise<Success> as Promise<S>
  }
}
