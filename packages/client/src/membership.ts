import type { AckFailure, ClientAck, RootPayload } from '@talus/protocol'
import { CommandQueue } from './command-queue.js'
import { Emitter } from './emitter.js'
import { leftError, TalusError, timeoutError } from './errors.js'
import type { Line } from './line.js'
import { backoff, pause, REFUSAL_DELAYS } from './retry.js'
import type { RoomEvent, SessionEvents } from './session-events.js'

/** What the server said when it let the client in. */
export type Joined = Exclude<ClientAck<'join_session'>, AckFailure>

type State = 'joining' | 'joined' | 'leaving' | 'ended'

type Settings = { sessionId: string; totalTimeoutMs: number; onEnded: () => void }

/** The client's place in one session, over as many connections as it takes. */
export class Membership {
  readonly sessionId: string
  readonly queue: CommandQueue
  readonly events = new Emitter<SessionEvents>()
  /** Resolves when the client is let in for the first time. */
  readonly entered: Promise<void>
  readonly #onEnded: () => void
  readonly #deadline: ReturnType<typeof setTimeout>
  #state: State = 'joining'
  #joined: Joined | undefined
  #line: Line | undefined
  #left: Promise<void> | undefined
  /** Events that came before the caller of `join` could add a listener. */
  #held: (() => void)[] | undefined = []
  #resolve!: () => void
  #reject!: (error: TalusError) => void

  constructor({ sessionId, totalTimeoutMs, onEnded }: Settings) {
    this.sessionId = sessionId
    this.queue = new CommandQueue(totalTimeoutMs)
    this.#onEnded = onEnded
    this.entered = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    const late = timeoutError(`Session ${sessionId} could not be joined in time`)
    this.#deadline = setTimeout(() => this.end(late), totalTimeoutMs)
  }

  /** The answer to the last join. */
  get joined(): Joined {
    if (!this.#joined) throw new Error(`Session ${this.sessionId} is not joined yet`)
    return this.#joined
  }

  get isLeaving(): boolean {
    return this.#state === 'leaving'
  }

  /**
   * Joins, or joins again, and then lets the queue send. Resolves when that is done, or is
   * pointless: refused for good, or the line lost. Never rejects.
   */
  async enter(line: Line): Promise<void> {
    const session_id = this.sessionId
    for (let attempt = 1; !line.lost.aborted && this.#state !== 'ended'; attempt += 1) {
      const reply = await line.ask('join_session', { session_id })
      if (reply.outcome !== 'answered') continue
      if (reply.answer.ok) return this.#enteredOn(line, reply.answer)
      const { error } = reply.answer
      if (!error.retryable) return this.end(new TalusError(error))
      await pause(backoff(attempt, REFUSAL_DELAYS), line.lost)
    }
  }

  /** The connection is lost, and the server has forgotten this client. */
  cut(): void {
    this.#line = undefined
    this.queue.cut()
  }

  receive<Name extends RoomEvent>(name: Name, payload: RootPayload<Name>): void {
    const deliver = () => this.events.emit(name, payload as SessionEvents[Name])
    if (this.#held) this.#held.push(deliver)
    else deliver()
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
    this.queue.end(error)
    if (before === 'joining') this.#reject(error)
    if (before === 'joined' && error.code !== 'CLOSED') this.events.emit('ended', error)
    this.events.clear()
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
    this.#line = line
    this.queue.open(line)
    if (this.#state === 'joining') this.#greet()
  }

  #greet(): void {
    this.#state = 'joined'
    clearTimeout(this.#deadline)
    this.#resolve()
    // A task later, so that listeners added right after `await client.join()` miss nothing.
    setTimeout(() => {
      const held = this.#held ?? []
      this.#held = undefined
      for (const deliver of held) deliver()
    })
  }

  async #leave(): Promise<void> {
    if (this.#state !== 'joined') return
    this.#state = 'leaving'
    this.events.clear()
    await this.queue.idle()
    // Without a line there is nothing to leave: a lost connection has left every session.
    await this.#line?.ask('leave_session', { session_id: this.sessionId })
    this.end(leftError(this.sessionId))
  }
}
