import { permits } from '@talus/graph'
import {
  CLIENT_EVENTS,
  commandTypeOf,
  fail,
  parseCommand,
  RestoreRequest,
  ROUTES,
  type Ack,
  type Command,
  type ClientPayload,
  type Failure,
  type JsonLimits,
  type Preview,
  type Result,
  type Role,
} from '@talus/protocol'
import type { Static, TSchema } from 'typebox'
import type { Caller } from './caller.js'
import { admit, holdsIn } from './gate.js'
import { costOf, takeCommand, type CommandRates } from './rate-limits.js'
import type { Spending } from './spending.js'
import { ackFor, permissionsOf, viewOf } from './sight.js'
import type { LiveSession } from '../sessions/live-session.js'
import type { SessionStore } from '../sessions/session-store.js'
import { refusal } from '../dispatch/failures.js'
import { payloadHash, payloadOf } from '../dispatch/payload-hash.js'
import type { ExecuteTask, RevertTask, WayBack } from '../dispatch/task.js'

type ExecutePayload = ClientPayload<'execute_command'>
type RevertPayload = ClientPayload<'undo_command'>

/** A request, who makes it in which session, and what it asks for. */
type Asking = {
  caller: Caller
  session: LiveSession
  request: { command_id?: string }
  /** Tells a retry from another command; absent: this cannot be the retry of an accepted one. */
  what?: object | undefined
}

const MISSING_SESSION: Failure = {
  code: 'BAD_REQUEST',
  message: 'Missing session_id',
  details: [{ path: '/session_id', expected: 'the id of a session' }],
}

function admitEvent<S extends TSchema>(
  caller: Caller,
  { requires, payload: schema }: { requires: Role; payload: S },
  payload: unknown,
): Result<Static<S>> {
  return admit({ caller, requires, schema, payload })
}

/** The command id in a payload that may be anything. */
function readId(payload: unknown): string | undefined {
  if (typeof payload !== 'object' || payload === null) return undefined
  const { command_id } = payload as { command_id?: unknown }
  return typeof command_id === 'string' ? command_id.slice(0, 128) : undefined
}

/** Tells how to get to a former state. Errors: BAD_REQUEST, HISTORY_TRUNCATED. */
export type Past = {
  wayBack: (session: LiveSession, seq: number) => Promise<Result<WayBack>>
}

/** What payloads may measure, and how often commands may come. */
export type DispatchLimits = { json: JsonLimits; rates: CommandRates; spending: Spending }

const CLOSING: Failure = {
  code: 'OVERLOADED',
  message: 'The server is shutting down; try again in a moment',
}

type DispatchServices = {
  newId: () => string
  past: Past
  limits: DispatchLimits
  /** The caller with the role of this moment. */
  now: (caller: Caller) => Caller
}

/**
 * Where REST and both namespaces meet: what came in passes the gate, becomes a task and goes to its
 * session. Every method answers; none
 * rejects.
 */
export class Dispatcher {
  readonly #sessions: SessionStore
  readonly #newId: () => string
  readonly #past: Past
  readonly #limits: DispatchLimits
  readonly #now: (caller: Caller) => Caller
  #closing = false

  constructor(sessions: SessionStore, services: DispatchServices) {
    this.#sessions = sessions
    this.#newId = services.newId
    this.#past = services.past
    this.#limits = services.limits
    this.#now = services.now
  }

  /** Refuses everything from now on, so that what was taken in can end. */
  close(): void {
    this.#closing = true
  }

  /** Executes a command. `payload` is what came in; it is checked here. */
  execute(caller: Caller, payload: unknown): Ack | Promise<Ack> {
    const definition = CLIENT_EVENTS.execute_command
    const admitted = admitEvent(caller, definition, payload)
    if (!admitted.ok) return refusal(admitted.error, readId(payload))
    const limited = this.#limited(caller, admitted.value, costOf(admitted.value.data))
    if (limited) return refusal(limited, admitted.value.command_id)
    const submit = (session: LiveSession) =>
      session.submit(this.#executeTask(caller, admitted.value, session))
    return this.#within(caller, admitted.value, submit)
  }

  /** What executing now would do; commits nothing (rule CMD7). */
  async preview(caller: Caller, payload: unknown): Promise<Preview> {
    const admitted = admitEvent(caller, CLIENT_EVENTS.preview_command, payload)
    if (!admitted.ok) return refusal(admitted.error, readId(payload))
    const limited = this.#limited(caller, admitted.value, costOf(admitted.value.data))
    if (limited) return refusal(limited, admitted.value.command_id)
    const session = await this.#session(caller, admitted.value)
    if (!session.ok) return refusal(session.error, admitted.value.command_id)
    const { requires } = CLIENT_EVENTS.preview_command
    const task = { ...this.#executeTask(caller, admitted.value, session.value), requires }
    const preview = await session.value.preview(task)
    const view = viewOf(this.#now(caller), session.value)
    return preview.ok && view ? { ...preview, changes: view.changes(preview.changes) } : preview
  }

  /** Undoes or redoes a step. `payload` is what came in; it is checked here. */
  revert(kind: 'undo' | 'redo', caller: Caller, payload: unknown): Ack | Promise<Ack> {
    const definition = kind === 'undo' ? CLIENT_EVENTS.undo_command : CLIENT_EVENTS.redo_command
    const admitted = admitEvent(caller, definition, payload)
    if (!admitted.ok) return refusal(admitted.error, readId(payload))
    const request = admitted.value
    const elevated = request.scope === 'session' || request.force === true
    if (elevated && !permits(caller.role, 'owner')) {
      const failure = fail('FORBIDDEN', 'scope session and force need the role owner')
      return refusal(failure.error, request.command_id)
    }
    const limited = this.#limited(caller, request)
    if (limited) return refusal(limited, request.command_id)
    const submit = (session: LiveSession) => {
      const ack = session.submit(this.#revertTask(kind, { caller, request, session }))
      return session.rules ? ack.then((done) => ackFor(this.#now(caller), session, done)) : ack
    }
    return this.#within(caller, request, submit)
  }

  /** Returns to a former state by a new commit (rule HIST3). `payload` is checked here. */
  async restore(caller: Caller, session_id: string, payload: unknown): Promise<Ack> {
    const { requires } = ROUTES.RestoreRoute
    const admitted = admit({ caller, requires, schema: RestoreRequest, payload })
    if (!admitted.ok) return refusal(admitted.error, readId(payload))
    const { seq, label, command_id } = admitted.value
    const limited = this.#limited(caller, { session_id })
    if (limited) return refusal(limited, command_id)
    const session = await this.#session(caller, { session_id })
    if (!session.ok) return refusal(session.error, command_id)
    const way = await this.#past.wayBack(session.value, seq)
    if (!way.ok) return refusal(way.error, command_id)
    // It may have been closed or deleted while the past was read.
    const again = await this.#session(caller, { session_id })
    if (!again.ok) return refusal(again.error, command_id)
    const what = { kind: 'restore', seq, label }
    return again.value.submit({
      kind: 'restore',
      ...this.#asked({ caller, session: again.value, request: admitted.value, what }),
      requires,
      way: way.value,
      ...(label === undefined ? {} : { label }),
    })
  }

  /** Whoever asks too often is told so alone: nothing of it is planned, stored or shown (LIM6). */
  #limited({ actor, visitor }: Caller, { session_id = '' }: { session_id?: string }, cost = 1) {
    const actor_id = actor.id
    const link_id = visitor?.identity.link_id
    return (
      this.#limits.spending.refusal({ actor_id, session_id }) ??
      takeCommand(this.#limits.rates, { actor_id, link_id, session_id, cost })
    )
  }

  /** Does it at once in a session that is open, else when it is: what comes in keeps its order. */
  #within(
    caller: Caller,
    request: { session_id?: string; command_id?: string },
    submit: (session: LiveSession) => Promise<Ack>,
  ): Ack | Promise<Ack> {
    const { session_id, command_id } = request
    const open =
      session_id === undefined || this.#closing ? undefined : this.#sessions.peek(session_id)
    if (open && session_id !== undefined && holdsIn(caller, session_id).ok) return submit(open)
    return this.#session(caller, request).then((session) =>
      session.ok ? submit(session.value) : refusal(session.error, command_id),
    )
  }

  async #session(
    caller: Caller,
    { session_id }: { session_id?: string },
  ): Promise<Result<LiveSession>> {
    if (this.#closing) return { ok: false, error: CLOSING }
    if (session_id === undefined) return { ok: false, error: MISSING_SESSION }
    const held = holdsIn(caller, session_id)
    if (!held.ok) return held
    return this.#sessions.get(session_id)
  }

  #executeTask(caller: Caller, request: ExecutePayload, session: LiveSession): ExecuteTask {
    const { command_type, data, label } = request
    caller.trace?.reached('admitted')
    const command: Result<Command> = parseCommand(command_type, data, this.#limits.json)
    const type = commandTypeOf(command_type) ?? command_type
    const what = command.ok ? payloadOf(command.value, label) : undefined
    const asked = this.#asked({ caller, session, request, what })
    const { command_id, chosen, payload_hash, actor, trace, permissions, requires } = asked
    return {
      kind: 'execute',
      command_type: type,
      command,
      label,
      command_id,
      chosen,
      payload_hash,
      actor,
      trace,
      permissions,
      caller,
      requires,
    }
  }

  #revertTask(
    kind: 'undo' | 'redo',
    { caller, request, session }: { caller: Caller; request: RevertPayload; session: LiveSession },
  ): RevertTask {
    const { scope = 'actor', force = false, target_command_id } = request
    caller.trace?.reached('admitted')
    const what = { kind, scope, force, target_command_id }
    return {
      kind,
      ...this.#asked({ caller, session, request, what }),
      requires: scope === 'session' || force ? 'owner' : 'editor',
      scope,
      force,
      ...(target_command_id === undefined ? {} : { target_command_id }),
    }
  }

  /** What every task says of its caller. */
  #asked({ caller, session, request: { command_id }, what }: Asking) {
    const { actor } = caller
    // To the id of somebody else's command no payload is an answer: it might be a guess (ACC3).
    const whose = session.rules && what ? { by: actor.id, ...what } : what
    return {
      command_id: command_id ?? this.#newId(),
      chosen: command_id !== undefined,
      payload_hash: command_id === undefined || !whose ? '' : payloadHash(whose),
      actor,
      trace: caller.trace,
      permissions: session.rules ? permissionsOf(caller, session) : undefined,
      caller,
      requires: CLIENT_EVENTS.execute_command.requires as Role,
    }
  }
}

/** What the doors ask of the dispatcher. */
export type Commands = Pick<Dispatcher, 'execute' | 'preview' | 'revert' | 'restore'>
