import { permits, type RoleView } from '@talus/graph'
import {
  type Ack,
  CLIENT_EVENTS,
  type ClientPayload,
  type Command,
  commandTypeOf,
  fail,
  type Failure,
  type JsonLimits,
  parseCommand,
  type Preview,
  RestoreRequest,
  type Result,
  type Role,
  ROUTES,
} from '@talus/protocol'
import type { Static, TSchema } from 'typebox'
import { admit, holdsIn } from '../auth/access.js'
import type { Caller } from '../auth/identity.js'
import { refusal } from '../errors.js'
import { type CommandRates, costOf, type Spending, takeCommand } from '../limits/accounts.js'
import type { LiveSession } from './live-session.js'
import { meteredType, type CommandObserver } from '../observability/observation.js'
import type { EntryPoint } from '../observability/audit.js'
import { inTurns } from '../turns.js'
import { payloadHash, payloadOf } from './retries.js'
import { ackFor, permissionsOf, viewOf } from './role-view.js'
import type { SessionStore } from './store.js'
import type { ExecuteTask, RevertTask, WayBack } from './task.js'

type ExecutePayload = ClientPayload<'execute_command'>
type RevertPayload = ClientPayload<'undo_command'>

/** A request, who makes it in which session, and what it asks for. */
type Asking = {
  caller: Caller
  session: LiveSession
  request: { command_id?: string }
  /** Tells a retry from another command; absent: this cannot be the retry of an accepted one. */
  what?: object | undefined
  /** What the task takes of memory while it waits. */
  bytes: number
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

/** What a former state and the way there take of memory, roughly: for each node, and for each change. */
const WAY_BYTES = { node: 100, change: 500 }

function bytesOfWay({ target, changes }: WayBack): number {
  return WAY_BYTES.node * target.size + WAY_BYTES.change * changes.length
}

type DispatchServices = {
  newId: () => string
  past: Past
  limits: DispatchLimits
  /** The caller with the role of this moment. */
  now: (caller: Caller) => Caller
  observer: CommandObserver
}

/** What came in: by which way, from whom, and how many bytes it has. */
export type IncomingCommand = { via: EntryPoint; caller: Caller; payload: unknown; bytes: number }

/**
 * Where REST and both namespaces meet: a payload is checked and authorized, becomes a task and goes to
 * its session. Every method answers; none rejects.
 */
export class Dispatcher {
  readonly #sessions: SessionStore
  readonly #newId: () => string
  readonly #past: Past
  readonly #limits: DispatchLimits
  readonly #now: (caller: Caller) => Caller
  readonly #observer: CommandObserver
  #closing = false

  constructor(sessions: SessionStore, services: DispatchServices) {
    this.#sessions = sessions
    this.#newId = services.newId
    this.#past = services.past
    this.#limits = services.limits
    this.#now = services.now
    this.#observer = services.observer
  }

  /** Refuses everything from now on, so that what was taken in can end. */
  close(): void {
    this.#closing = true
  }

  /** Executes a command. The payload is checked here. */
  async execute({ via, caller, payload, bytes }: IncomingCommand): Promise<Ack> {
    const type = meteredType(payload)
    const began = performance.now()
    const span = this.#observer.trace({ via, type, payload, parent: caller.trace })
    const ack = await this.#execute(span ? { ...caller, trace: span } : caller, payload, bytes)
    this.#observer.answered(via, type, { ack, began, span })
    return ack
  }

  /** What executing now would do; commits nothing (rule CMD7). */
  async preview({ via, caller, payload, bytes }: IncomingCommand): Promise<Preview> {
    const preview = await this.#preview(caller, payload, bytes)
    this.#observer.previewed(via, preview)
    return preview
  }

  /** Undoes or redoes a step. The payload is checked here. */
  async revert(
    kind: 'undo' | 'redo',
    { via, caller, payload }: Omit<IncomingCommand, 'bytes'>,
  ): Promise<Ack> {
    const type = kind === 'undo' ? 'Undo' : 'Redo'
    const began = performance.now()
    const span = this.#observer.trace({ via, type, payload, parent: caller.trace })
    const ack = await this.#revert(kind, span ? { ...caller, trace: span } : caller, payload)
    this.#observer.answered(via, type, { ack, began, span })
    return ack
  }

  /** Returns to a former state by a new commit (rule HIST3). The payload is checked here. */
  async restore(caller: Caller, session_id: string, payload: unknown): Promise<Ack> {
    const [via, type] = ['rest', 'Restore'] as const
    const began = performance.now()
    const about = { session_id }
    const span = this.#observer.trace({ via, type, payload: about, parent: caller.trace })
    const traced = span ? { ...caller, trace: span } : caller
    const ack = await this.#restore(traced, session_id, payload)
    this.#observer.answered(via, type, { ack, began, span })
    return ack
  }

  async #execute(caller: Caller, payload: unknown, bytes: number): Promise<Ack> {
    const definition = CLIENT_EVENTS.execute_command
    const admitted = admitEvent(caller, definition, payload)
    if (!admitted.ok) return refusal(admitted.error, readId(payload))
    const limited = this.#limited(caller, admitted.value, costOf(admitted.value.data))
    if (limited) return refusal(limited, admitted.value.command_id)
    const submit = (session: LiveSession) =>
      session.submit(this.#executeTask({ caller, request: admitted.value, session, bytes }))
    return this.#within(caller, admitted.value, submit)
  }

  async #preview(caller: Caller, payload: unknown, bytes: number): Promise<Preview> {
    const admitted = admitEvent(caller, CLIENT_EVENTS.preview_command, payload)
    if (!admitted.ok) return refusal(admitted.error, readId(payload))
    const limited = this.#limited(caller, admitted.value, costOf(admitted.value.data))
    if (limited) return refusal(limited, admitted.value.command_id)
    const session = await this.#session(caller, admitted.value)
    if (!session.ok) return refusal(session.error, admitted.value.command_id)
    const { requires } = CLIENT_EVENTS.preview_command
    const asking = { caller, request: admitted.value, session: session.value, bytes }
    const task = { ...this.#executeTask(asking), requires }
    const preview = await session.value.preview(task)
    return this.#shown(preview, () => viewOf(this.#now(caller), session.value))
  }

  /** A preview in the view of the moment when it is ready: it may be about 100,000 nodes. */
  async #shown(preview: Preview, viewNow: () => RoleView | null): Promise<Preview> {
    for (;;) {
      const view = viewNow()
      if (!preview.ok || !view) return preview
      const changes = await inTurns(view.changesInSteps(preview.changes))
      if (viewNow()?.name === view.name) return { ...preview, changes }
    }
  }

  async #revert(kind: 'undo' | 'redo', caller: Caller, payload: unknown): Promise<Ack> {
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

  async #restore(caller: Caller, session_id: string, payload: unknown): Promise<Ack> {
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
    const bytes = bytesOfWay(way.value)
    return again.value.submit({
      kind: 'restore',
      ...this.#asked({ caller, session: again.value, request: admitted.value, what, bytes }),
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

  /** Submits at once to a session that is open, else once it is: requests keep their order. */
  async #within(
    caller: Caller,
    request: { session_id?: string; command_id?: string },
    submit: (session: LiveSession) => Promise<Ack>,
  ): Promise<Ack> {
    const { session_id, command_id } = request
    const open =
      session_id === undefined || this.#closing ? undefined : this.#sessions.peek(session_id)
    if (open && session_id !== undefined && holdsIn(caller, session_id).ok) return submit(open)
    const session = await this.#session(caller, request)
    return session.ok ? submit(session.value) : refusal(session.error, command_id)
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

  #executeTask({
    caller,
    request,
    session,
    bytes,
  }: Asking & { request: ExecutePayload }): ExecuteTask {
    const { command_type, data, label, continues } = request
    caller.trace?.reached('admitted')
    const command: Result<Command> = parseCommand(command_type, data, this.#limits.json)
    const type = commandTypeOf(command_type) ?? command_type
    const what = command.ok ? payloadOf(command.value, label) : undefined
    const asked = this.#asked({ caller, session, request, what, bytes })
    const { command_id, chosen, payload_hash, actor, trace, permissions, requires } = asked
    return {
      kind: 'execute',
      command_type: type,
      command,
      label,
      continues,
      command_id,
      chosen,
      payload_hash,
      actor,
      trace,
      permissions,
      caller,
      requires,
      bytes,
    }
  }

  #revertTask(
    kind: 'undo' | 'redo',
    { caller, request, session }: { caller: Caller; request: RevertPayload; session: LiveSession },
  ): RevertTask {
    const { scope = 'actor', force = false, target_command_id, last_seq } = request
    caller.trace?.reached('admitted')
    // What the caller had seen is no part of what is asked for: a retry may have seen more (IDEM5).
    const named = last_seq === undefined ? target_command_id : undefined
    const what = { kind, scope, force, target_command_id: named }
    return {
      kind,
      ...this.#asked({ caller, session, request, what, bytes: 0 }),
      requires: scope === 'session' || force ? 'owner' : 'editor',
      scope,
      force,
      ...(target_command_id === undefined ? {} : { target_command_id }),
      ...(last_seq === undefined ? {} : { last_seq }),
    }
  }

  /** What every task says of its caller. */
  #asked({ caller, session, request: { command_id }, what, bytes }: Asking) {
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
      bytes,
    }
  }
}
