import type { Role, ServerToClientEvents } from '@talus/protocol'
import { Commands } from './commands.js'
import { Emitter } from './emitter.js'
import { leftError, TalusError, timeoutError } from './errors.js'
import { Follower } from './follower.js'
import { blueprintOf, loadPlanner } from './graph/prediction.js'
import { Replica } from './graph/replica.js'
import { SessionGraph } from './graph/session-graph.js'
import { readJoined, type Joined } from './joined.js'
import type { Line } from './line.js'
import { PresenceRoom, type Coming } from './presence.js'
import type { Rest } from './rest.js'
import { backoff, Limit, pause, REFUSAL_DELAYS } from './retry.js'
import {
  isRoomEvent,
  SESSION_EVENTS,
  type SessionEvents,
  type SessionStatus,
} from './session-events.js'
import type { LastGraph, SessionStorage, Storage } from './storage/storage.js'

type State = 'joining' | 'joined' | 'leaving' | 'ended'

type Leaving = { done: Promise<void>; resolve: () => void }

type Settings = {
  sessionId: string
  actor_id: string
  totalTimeoutMs: number
  storage: Storage | undefined
  rest: Rest
  /** Why there is no connection. */
  problem: () => TalusError | undefined
  /** So much of the graph has come. */
  onProgress: (bytes: number) => void
  /** Nothing can be shown before the server has confirmed it. */
  onUnforeseen: (cause: unknown) => void
  /** `wasRefused`: the join was, rather than what came after it. */
  onEnded: (wasRefused: boolean) => void
}

/** The actor may not see the session any more. */
const WITHDRAWN = new Set<string>(['SESSION_NOT_FOUND', 'FORBIDDEN', 'UNAUTHORIZED'])

type Payload<Name extends keyof ServerToClientEvents> = Parameters<ServerToClientEvents[Name]>[0]

/** The client's place in one session, over as many connections as it takes. */
export class Membership {
  readonly sessionId: string
  readonly events = new Emitter<SessionEvents>('session', SESSION_EVENTS)
  readonly graph: SessionGraph
  readonly commands: Commands
  readonly presence: PresenceRoom
  /** Resolves when the client is let in for the first time and has the graph. */
  readonly entered: Promise<void>
  /** Resolves when it has ended. */
  readonly over: Promise<void>
  readonly #replica: Replica
  readonly #follower: Follower
  readonly #storage: SessionStorage | undefined
  readonly #settings: Settings
  readonly #deadline: Limit
  #state: State = 'joining'
  #status: SessionStatus = 'connecting'
  #undo = { canUndo: false, canRedo: false }
  #joined: Joined | undefined
  /** Of the last line: what was stored may be of another page, which lives. */
  #client_id: string | undefined
  #line: Line | undefined
  /** The answer to the last join, with all that was missed, did not arrive. */
  #isHeavy = false
  /** How much of a graph has come. */
  #bytes = 0
  #leaving: Leaving | undefined
  /** Events that came before the caller of `join` could add a listener. */
  #held: (() => void)[] | undefined = []
  #resolve!: () => void
  #reject!: (error: TalusError) => void
  #ended!: () => void

  constructor(settings: Settings) {
    const { sessionId, actor_id, rest, totalTimeoutMs, storage } = settings
    const { events } = this
    this.sessionId = sessionId
    this.#settings = settings
    const replica = new Replica(actor_id, {
      onChange: (change) => {
        this.graph.tell(change)
        this.#tellUndo()
      },
      onEntry: (entry) => {
        events.emit('entry', entry)
        this.#storage?.note({ entry })
      },
      onLoad: (loaded) => this.#storage?.note({ loaded }),
    })
    this.#replica = replica
    this.#plan()
    this.graph = new SessionGraph(replica.view)
    this.commands = new Commands({
      replica,
      events,
      previewTimeoutMs: totalTimeoutMs,
      note: (note) => this.#storage?.note(note),
    })
    this.#follower = new Follower({
      session_id: sessionId,
      replica,
      rest,
      onFetching: () => this.#setStatus(this.#state === 'joining' ? 'connecting' : 'catching-up'),
      onLive: () => this.#live(),
      onRefused: (error) => this.end(error),
    })
    this.presence = new PresenceRoom({
      session_id: sessionId,
      onOthers: (others) => events.emit('others', others),
      onParticipants: (participants) => events.emit('participants', participants),
      onRefused: (error) => this.#say('rejected', error),
    })
    this.#storage = storage?.session({
      sessionId,
      replica,
      rest,
      blueprintOf,
      commands: this.commands,
      lastJoined: () => this.#joined,
      restore: (last) => this.#restore(last),
    })
    this.entered = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.over = new Promise((resolve) => (this.#ended = resolve))
    this.#deadline = new Limit(totalTimeoutMs, () => this.end(this.#late(totalTimeoutMs)))
  }

  /** The answer to the last join; there is one when the session has been entered. */
  get joined(): Joined {
    return this.#joined as Joined
  }

  get hasEntered(): boolean {
    return this.#state !== 'joining'
  }

  get isLeaving(): boolean {
    return this.#state === 'leaving'
  }

  get status(): SessionStatus {
    return this.#status
  }

  get undo(): { canUndo: boolean; canRedo: boolean } {
    return this.#undo
  }

  /** The last entry that the graph holds. */
  get seq(): number {
    return this.#replica.seq
  }

  /**
   * Joins, or joins again, and then lets the queue send. Resolves when that is done, or is
   * pointless: refused for good, or the line lost. Never rejects.
   */
  async enter(line: Line): Promise<void> {
    this.#plan()
    await this.#storage?.ready()
    const session_id = this.sessionId
    for (let attempt = 1; !line.lost.aborted && this.#state !== 'ended'; attempt += 1) {
      const known = this.#isHeavy ? undefined : this.#follower.known
      // With what was missed the answer may be large. One that did not come is fetched in pages.
      this.#isHeavy = known !== undefined
      this.#follower.expect()
      const lost = this.#client_id === undefined ? {} : { replaces: this.#client_id }
      const order = { session_id, stream: 'changes', ...known, ...lost } as const
      const reply = await line.ask('join_session', order)
      if (reply.outcome !== 'answered') continue
      this.#isHeavy = false
      this.#deadline.progress()
      const joined = readJoined(reply.answer)
      if (!(joined instanceof TalusError)) {
        await this.#storage?.ready(joined.actor?.id)
        return this.#enteredOn(line, joined)
      }
      if (!joined.retryable) return this.end(joined)
      await pause(backoff(attempt, REFUSAL_DELAYS, joined), line.lost)
    }
  }

  /** The connection is lost, and the server has forgotten this client. */
  cut(): void {
    this.#line = undefined
    this.commands.cut()
    this.#follower.cut()
    this.presence.cut()
    if (this.#state === 'joined') this.#setStatus('offline')
    // Nobody knows when there will be a connection again.
    this.#leaving?.resolve()
  }

  /** The server has put this client out of the session, while the connection lives. */
  expelled(error: TalusError): void {
    const line = this.#line
    if (!error.retryable || !line) return this.end(error)
    this.cut()
    void this.enter(line)
  }

  /** So much of the graph has come. */
  progress(bytes: number): void {
    this.#deadline.progress()
    this.#follower.received()
    // What is asked beside the graph is small.
    if (bytes <= this.#bytes) return
    this.#bytes = bytes
    this.events.emit('progress', bytes)
    this.#settings.onProgress(bytes)
  }

  /** Takes in what the server says of the session; what is not for it, it ignores. */
  receive(name: string, payload: unknown): void {
    // What the server sends has the shape that the contract declares for the name.
    if (name === 'session:changes') {
      this.#follower.receive((payload as Payload<'session:changes'>).entries)
    } else if (name === 'resync:required') {
      const resync = payload as Payload<'resync:required'>
      if (resync.role) this.#permit(resync.role)
      this.#follower.resync(resync)
    } else if (name === 'permissions:changed') {
      const { actor_id, role } = payload as Payload<'permissions:changed'>
      if (actor_id === this.#joined?.actor?.id) this.#permit(role ?? undefined)
    } else if (name === 'presence:changed') {
      this.presence.receive(payload as Payload<'presence:changed'>)
    } else if (isRoomEvent(name)) {
      if (name !== 'project:saved') this.presence.meet(payload as Coming)
      this.#say(name, payload as SessionEvents[typeof name])
    }
  }

  /**
   * Stops following at once; what the queue holds is still sent, over as many connections as that
   * takes, before the server is asked to let the client go. Resolves then, or as soon as there is
   * no connection. Never rejects.
   */
  leave(): Promise<void> {
    if (this.#state !== 'joined') return this.#leaving?.done ?? Promise.resolve()
    let resolve!: () => void
    const done = new Promise<void>((resolved) => (resolve = resolved))
    const leaving = (this.#leaving = { done, resolve })
    this.#setStatus('closed')
    this.#state = 'leaving'
    this.commands.close(leftError(this.sessionId))
    this.presence.say(null)
    this.events.clear()
    this.graph.close()
    if (!this.#line && this.commands.count > 0) resolve()
    void this.commands.answered().then(async () => {
      if (this.#leaving !== leaving) return
      // Without a line there is nothing to leave: a lost connection has left every session.
      await this.#line?.ask('leave_session', { session_id: this.sessionId })
      this.end(leftError(this.sessionId))
    })
    return done
  }

  /** Takes the leaving back, as long as it waits for answers to commands. */
  stay(): boolean {
    if (!this.isLeaving || this.commands.count === 0) return false
    this.#leaving?.resolve()
    this.#leaving = undefined
    this.#state = 'joined'
    this.commands.close(undefined)
    if (this.#follower.isLive) this.#setStatus('live')
    else this.#setStatus(this.#line ? 'catching-up' : 'offline')
    return true
  }

  /** Everything open is rejected with this error, now and later. */
  end(error: TalusError): void {
    const before = this.#state
    if (before === 'ended') return
    this.#state = 'ended'
    this.#deadline.stop()
    if (WITHDRAWN.has(error.code)) this.#storage?.note('withdrawn')
    this.#storage?.note('ended')
    this.cut()
    this.presence.end()
    this.commands.end(error)
    if (before === 'joining') this.#reject(error)
    const isOwnWish = error.code === 'CLOSED' || error.code === 'LEFT'
    this.#setStatus(isOwnWish ? 'closed' : { refused: error })
    this.#deliverHeld()
    if (before === 'joined' && !isOwnWish) this.events.emit('ended', error)
    this.events.clear()
    this.graph.close()
    this.#settings.onEnded(before === 'joining')
    this.#leaving?.resolve()
    this.#ended()
  }

  /** Has commands shown at once, if the part that foresees them can be loaded by now. */
  #plan(): void {
    loadPlanner().then((planner) => this.#replica.planWith(planner), this.#settings.onUnforeseen)
  }

  /** What a join ends with that has not come any further for so long. */
  #late(ms: number): TalusError {
    const problem = this.#settings.problem() ?? this.#follower.problem
    const why = problem?.message ?? 'the server does not answer; is it a Talus server?'
    const message = `Session ${this.sessionId} could not be joined within ${ms / 1_000} s: ${why}`
    return timeoutError(message, problem)
  }

  #enteredOn(line: Line, joined: Joined): void {
    if (line.lost.aborted) return
    if (this.#state === 'ended') {
      // The time was up, or the client closed; the server must not count us.
      void line.ask('leave_session', { session_id: this.sessionId })
      return
    }
    const before = this.#joined
    this.#joined = joined
    if (joined.actor) this.#replica.actor_id = joined.actor.id
    this.#replica.permit(joined.role)
    this.presence.permit(joined.role)
    if (before && before.role !== joined.role) this.events.emit('role', joined.role)
    this.#client_id = joined.client_id
    this.#line = line
    this.commands.open(line)
    this.presence.open(line, joined)
    this.#follower.open(line, joined)
  }

  /** Shows what the last page showed, unless the server has been asked already. */
  #restore({ snapshot, entries, joined }: LastGraph): void {
    if (this.#state !== 'joining' || this.#replica.epoch !== undefined) return
    if (this.#follower.isAsking) return
    this.#joined = joined
    if (joined.actor) this.#replica.actor_id = joined.actor.id
    this.#replica.permit(joined.role)
    this.presence.permit(joined.role)
    this.#replica.restore(snapshot)
    this.#replica.take(entries)
    this.#setStatus('offline')
    this.#greet()
  }

  /** The graph is what the server has. */
  #live(): void {
    this.#bytes = 0
    this.commands.arrive(Infinity)
    if (this.#state === 'joining') this.#greet()
    this.#setStatus('live')
    this.#storage?.note('live')
  }

  #greet(): void {
    this.#state = 'joined'
    this.#deadline.stop()
    this.#resolve()
    // A task later, so that listeners added right after `await client.join()` miss nothing.
    setTimeout(() => this.#deliverHeld())
  }

  #deliverHeld(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const deliver of held) deliver()
  }

  #say<Name extends keyof SessionEvents>(name: Name, event: SessionEvents[Name]): void {
    const deliver = () => this.events.emit(name, event)
    if (this.#held) this.#held.push(deliver)
    else deliver()
  }

  #tellUndo(): void {
    const { canUndo, canRedo } = this.#replica
    this.commands.arrive(this.#replica.seq)
    if (canUndo === this.#undo.canUndo && canRedo === this.#undo.canRedo) return
    this.#undo = { canUndo, canRedo }
    this.events.emit('undo', this.#undo)
  }

  /** What this client may do now; what is permitted, and shown, the server decides. */
  #permit(role: Role | undefined): void {
    if (this.#joined?.role === role) return
    this.#joined = { ...this.#joined, role } as Joined
    this.#replica.permit(role)
    this.presence.permit(role)
    this.events.emit('role', role)
  }

  #setStatus(status: SessionStatus): void {
    if (this.#status === status || this.isLeaving) return
    this.#status = status
    this.events.emit('status', status)
  }
}
