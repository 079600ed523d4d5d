import type { ServerToClientEvents } from '@talus/protocol'
import { Commands } from './commands.js'
import { Emitter } from './emitter.js'
import { leftError, TalusError, timeoutError } from './errors.js'
import { Follower } from './follower.js'
import { Replica } from './graph/replica.js'
import { SessionGraph } from './graph/session-graph.js'
import { readJoined, type Joined } from './joined.js'
import type { Line } from './line.js'
import { PresenceRoom } from './presence.js'
import type { CommandStore } from './queue/store.js'
import type { Rest } from './rest.js'
import { backoff, pause, REFUSAL_DELAYS } from './retry.js'
import { isRoomEvent, type SessionEvents, type SessionStatus } from './session-events.js'

type State = 'joining' | 'joined' | 'leaving' | 'ended'

type Settings = {
  sessionId: string
  scope: string
  actor_id: string
  totalTimeoutMs: number
  store: CommandStore | null
  rest: Rest
  onEnded: () => void
  onStoreFailed: (cause: unknown) => void
}

type Payload<Name extends keyof ServerToClientEvents> = Parameters<ServerToClientEvents[Name]>[0]

/** The client's place in one session, over as many connections as it takes. */
export class Membership {
  readonly sessionId: string
  readonly events = new Emitter<SessionEvents>()
  readonly graph: SessionGraph
  readonly commands: Commands
  readonly presence: PresenceRoom
  /** Resolves when the client is let in for the first time and has the graph. */
  readonly entered: Promise<void>
  readonly #replica: Replica
  readonly #follower: Follower
  readonly #onEnded: () => void
  readonly #deadline: ReturnType<typeof setTimeout>
  #state: State = 'joining'
  #status: SessionStatus = 'connecting'
  #undo = { canUndo: false, canRedo: false }
  #joined: Joined | undefined
  #line: Line | undefined
  #left: Promise<void> | undefined
  /** Events that came before the caller of `join` could add a listener. */
  #held: (() => void)[] | undefined = []
  #resolve!: () => void
  #reject!: (error: TalusError) => void

  constructor({ sessionId, actor_id, rest, totalTimeoutMs, onEnded, ...queue }: Settings) {
    const { events } = this
    this.sessionId = sessionId
    this.#onEnded = onEnded
    const replica = new Replica(actor_id, {
      onChange: (change) => {
        this.graph.tell(change)
        this.#tellUndo()
      },
      onEntry: (entry) => events.emit('entry', entry),
    })
    this.#replica = replica
    this.graph = new SessionGraph(replica.view)
    this.commands = new Commands({
      replica,
      onRejected: (error) => this.#say('rejected', error),
      onCount: (commands) => events.emit('pending', commands),
      previewTimeoutMs: totalTimeoutMs,
      ...queue,
    })
    this.#follower = new Follower({
      session_id: sessionId,
      actor_id,
      replica,
      rest,
      onFetching: () => this.#setStatus(this.#state === 'joining' ? 'connecting' : 'catching-up'),
      onLive: () => this.#live(),
      onRefused: (error) => this.end(error),
    })
    this.presence = new PresenceRoom({
      session_id: sessionId,
      onOthers: (others) => events.emit('others', others),
      onRefused: (error) => this.#say('rejected', error),
    })
    this.entered = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    const message = `Session ${sessionId} could not be joined in time; is there a Talus server?`
    this.#deadline = setTimeout(() => this.end(timeoutError(message)), totalTimeoutMs)
  }

  /** The answer to the last join. */
  get joined(): Joined {
    if (!this.#joined) throw new Error(`Session ${this.sessionId} is not joined yet`)
    return this.#joined
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
    await this.commands.adopt()
    const session_id = this.sessionId
    for (let attempt = 1; !line.lost.aborted && this.#state !== 'ended'; attempt += 1) {
      const known = this.#follower.known
      this.#follower.expect()
      const reply = await line.ask('join_session', { session_id, stream: 'changes', ...known })
      if (reply.outcome !== 'answered') continue
      const joined = readJoined(reply.answer)
      if (!(joined instanceof TalusError)) return this.#enteredOn(line, joined)
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
    if (this.#state === 'joined' || this.#state === 'leaving') this.#setStatus('offline')
  }

  /** Takes in what the server says of the session; what is not for it, it ignores. */
  receive(name: string, payload: unknown): void {
    // What the server sends has the shape that the contract declares for the name.
    if (name === 'session:changes') {
      this.#follower.receive((payload as Payload<'session:changes'>).entries)
    } else if (name === 'resync:required') {
      const resync = payload as Payload<'resync:required'>
      if (resync.role) this.#replica.role = resync.role
      this.#follower.resync(resync)
    } else if (name === 'permissions:changed') {
      this.#permit(payload as Payload<'permissions:changed'>)
    } else if (name === 'presence:changed') {
      this.presence.receive(payload as Payload<'presence:changed'>)
    } else if (isRoomEvent(name)) {
      this.#say(name, payload as SessionEvents[typeof name])
    }
  }

  /** Waits for what the queue holds, leaves, and ends. Never rejects. */
  leave(): Promise<void> {
    return (this.#left ??= this.#leave())
  }

  /** Everything open is rejected with this error, now and later. */
  end(error: TalusError): void {
    const before = this.#state
    if (before === 'ended') return
    this.#state = 'ended'
    clearTimeout(this.#deadline)
    this.cut()
    this.commands.end(error)
    if (before === 'joining') this.#reject(error)
    const isOwnWish = error.code === 'CLOSED' || error.code === 'LEFT'
    this.#setStatus(isOwnWish ? 'closed' : { refused: error })
    this.#deliverHeld()
    if (before === 'joined' && !isOwnWish) this.events.emit('ended', error)
    this.events.clear()
    this.graph.close()
    this.#onEnded()
  }

  #enteredOn(line: Line, joined: Joined): void {
    if (line.lost.aborted) return
    if (this.#state === 'ended') {
      // The time was up, or the client closed; the server must not count us.
      void line.ask('leave_session', { session_id: this.sessionId })
      return
    }
    this.#joined = joined
    this.#replica.role = joined.role
    this.#line = line
    this.commands.open(line)
    this.presence.open(line, joined)
    this.#follower.open(line, joined)
  }

  /** The graph is what the server has. */
  #live(): void {
    this.commands.arrive(Infinity)
    if (this.#state === 'joining') this.#greet()
    this.#setStatus('live')
  }

  #greet(): void {
    this.#state = 'joined'
    clearTimeout(this.#deadline)
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

  /** Only for what is foreseen: what is permitted, and shown, the server decides. */
  #permit({ actor_id, role }: Payload<'permissions:changed'>): void {
    if (role && actor_id === this.#joined?.actor?.id) this.#replica.role = role
  }

  #setStatus(status: SessionStatus): void {
    if (this.#status === status) return
    this.#status = status
    this.events.emit('status', status)
  }

  async #leave(): Promise<void> {
    if (this.#state !== 'joined') return
    this.#state = 'leaving'
    const error = leftError(this.sessionId)
    this.commands.close(error)
    await this.commands.answered()
    // Without a line there is nothing to leave: a lost connection has left every session.
    await this.#line?.ask('leave_session', { session_id: this.sessionId })
    this.end(error)
  }
}
