import { API_PREFIX, PROTOCOL_VERSION } from '@talus/protocol'
import { STATES, type Happening, type StateName } from './connection-states.js'
import type { Link } from './credentials.js'
import { Dial, type Transport } from './dial.js'
import { asErrorBody, ownError, TalusError, tokenFailed } from './errors.js'
import { failureOf, strayOf, unreachable, type Failure } from './failed-attempt.js'
import { Line } from './line.js'
import { tokenOf, type Base, type Settings, type Token } from './options.js'
import { watchPlatform } from './platform.js'
import { backoff, Limit } from './retry.js'

type Linked = Omit<Settings, 'token'> & { token: Token | undefined; link: Link | undefined }

export type ConnectionEvents = {
  /** Connected, after this many attempts. */
  up: (line: Line, attempts: number) => void
  /** Not connected; the next attempt follows. */
  down: () => void
  /** The server does not want this client: there is no attempt until `open`. */
  refused: (error: TalusError) => void
  /** Something is wrong and may be for long; the next attempt follows. */
  troubled: (error: TalusError) => void
  message: (name: string, payload: unknown) => void
}

/** How long to wait for a sign of life when the device was asleep or the network changed. */
const WAKE_MS = 1_000

/** The server says something more often than that: who heard nothing was forgotten. */
const SILENCE_MS = 45_000

/** A WebSocket that does not work where polling does is not tried first for so long. */
const SHUNNED_MS = 300_000

function refusalOf({ message }: Error, data: unknown): TalusError {
  const body = asErrorBody(data)
  return body ? new TalusError(body) : ownError('FORBIDDEN', message, false)
}

/** A connection that ends so soon may be the fault of the transport: */
const SOON_MS = 60_000

/** of a WebSocket that hangs at once, and of those that break when so many in a row do. */
const MANY = 3

/**
 * Keeps one Socket.IO connection to `/` open, from when it is wanted. `STATES` says what may
 * happen when; here is what is done about it. Connecting again is not left to Socket.IO, which
 * gives up when a server that shuts down says goodbye, and when a handshake is refused for now.
 */
export class Connection {
  readonly #base: Base
  readonly #settings: Linked
  readonly #events: ConnectionEvents
  #state: StateName = 'idle'
  /** Counts the states: what belongs to an earlier one comes too late. */
  #turn = 0
  #since = 0
  /** What ends the state by itself. */
  #limit: Limit | undefined
  #probeMs = 0
  /** Whether the platform raised the doubt: then the network is to blame, not the transport. */
  #isWake = false
  #pauseMs = 0
  #dial: Dial | undefined
  #line: Line | undefined
  #heardAt = 0
  /** Attempts since the last connection; each tries every transport. */
  #attempts = 0
  #token: string | undefined
  /** Transports that are left in this attempt. */
  #left: Transport[] = []
  #failures: readonly Failure[] = []
  #problem: TalusError | undefined
  /** The message of the failure that was looked into last. */
  #explained: string | undefined
  /** Until then polling comes first; `#mayUpgrade`: and goes on to WebSocket. */
  #shunnedUntil = 0
  #mayUpgrade = true
  /** Polling went astray between servers: WebSocket comes first. */
  #isStray = false
  /** WebSockets in a row that broke soon. */
  #broken = 0
  #unwatch: (() => void) | undefined

  constructor(base: Base, settings: Linked, events: ConnectionEvents) {
    this.#base = base
    this.#settings = settings
    this.#events = events
  }

  /** Why there is no connection, as far as that is known. */
  get problem(): TalusError | undefined {
    return this.#problem
  }

  /** Connects, if nobody has wanted that yet. */
  want(): void {
    if (this.#go('wanted')) this.#begin()
  }

  /** Hangs up until somebody wants it again. */
  rest(): void {
    if (this.#go('unwanted')) this.#drop()
  }

  close(): void {
    if (this.#go('closed')) this.#drop()
  }

  /**
   * Connects now: an attempt that waits is made, one that hangs is made anew, and a connection
   * that may have died unnoticed is tried.
   */
  wake(): void {
    const now = Date.now()
    const silentMs = now - this.#heardAt
    if (this.#line && silentMs > SILENCE_MS) this.#lost(`silent for ${silentMs} ms`, 0)
    else if (this.#line) this.#doubt(WAKE_MS, true)
    else if ((!this.#dial || now - this.#since > WAKE_MS) && this.#go('due')) this.#begin()
  }

  /** Enters the state that follows; false when nothing follows. */
  #go(what: Happening): boolean {
    const next = STATES[this.#state].on[what]
    if (next === undefined) return false
    this.#state = next
    this.#turn += 1
    this.#since = Date.now()
    this.#limit?.stop()
    const { limit, isOffline, on } = STATES[next]
    const { ackTimeoutMs: answer } = this.#settings
    const ms = limit && { answer, probe: this.#probeMs, pause: this.#pauseMs }[limit]
    this.#limit = ms === undefined ? undefined : new Limit(ms, () => this.#runOut(ms))
    if (!on.due && !on.hidden) {
      this.#unwatch?.()
      this.#unwatch = undefined
    } else
      this.#unwatch ??= watchPlatform({ onWake: () => this.wake(), onHide: () => this.#hide() })
    if (isOffline) this.#events.down()
    return true
  }

  /** The state has lasted as long as it may. */
  #runOut(ms: number): void {
    if (this.#state === 'waiting') this.wake()
    else if (this.#line) this.#hung(ms, this.#line)
    else this.#fail(new Error(`no answer within ${ms} ms`))
  }

  #hung(ms: number, line: Line): void {
    if (!this.#isWake) this.#ended(line, MANY)
    this.#lost(`nothing came for ${ms} ms`, 0)
  }

  /** A connection has ended that nobody wanted to end. */
  #ended({ since }: Line, faults: number): void {
    const isSoon = Date.now() - since < SOON_MS && this.#dial?.transport === 'websocket'
    this.#broken = isSoon ? this.#broken + faults : 0
    if (this.#broken < MANY) return
    this.#shun()
    this.#mayUpgrade = false
  }

  /** An attempt, with the credential of the moment. */
  #begin(): void {
    this.#drop()
    this.#attempts += 1
    this.#failures = []
    this.#left = [...this.#settings.transports]
    // In the order of the alphabet polling comes first.
    if (this.#isStray) this.#left.sort().reverse()
    else if (Date.now() < this.#shunnedUntil) this.#left.sort()
    const turn = this.#turn
    tokenOf(this.#settings.token).then(
      (token) => {
        this.#token = token
        if (turn === this.#turn && this.#go('token')) this.#dialNext()
      },
      (cause: unknown) => {
        if (turn !== this.#turn) return
        // There may be a credential later; without one there is no point in asking.
        const problem = tokenFailed(cause)
        this.#retry(problem)
        this.#events.troubled(problem)
      },
    )
  }

  #dialNext(): void {
    this.#drop()
    const { actor, link, transports } = this.#settings
    const token = this.#token
    const [first = 'polling', ...left] = this.#left
    this.#left = left
    this.#dial = new Dial(this.#base, {
      transport: first,
      // What begins with polling goes on to WebSocket by itself, if that works.
      transports: first === 'polling' && this.#mayUpgrade ? [first, ...transports] : [first],
      // As JSON: without what is undefined.
      auth: { protocol_version: PROTOCOL_VERSION, actor, token, ...link },
      onOpen: () => void this.#go('opened'),
      onAccepted: (dial) => this.#up(dial),
      onRefused: (error, data) => this.#refused(refusalOf(error, data)),
      onFailed: (error) => this.#fail(error),
      onLost: (reason, cause) => this.#lost(reason, undefined, cause),
      onHeard: () => this.#heard(),
      onMessage: this.#events.message,
    })
  }

  #up({ socket, maxBytes, transport }: Dial): void {
    if (!this.#go('accepted')) return
    const { ackTimeoutMs } = this.#settings
    const onDoubt = () => this.#doubt(line.patienceMs)
    const onSignedOut = () => this.#lost('the token has expired', 0)
    const line = new Line(socket, { ackTimeoutMs, maxBytes, onDoubt, onSignedOut })
    this.#line = line
    // Polling works and WebSocket does not: nobody shall wait for that again.
    if (this.#failures.length > 0 && transport === 'polling') this.#shun()
    const attempts = this.#attempts
    this.#attempts = 0
    this.#problem = undefined
    this.#explained = undefined
    this.#events.up(line, attempts)
  }

  #shun(): void {
    this.#shunnedUntil = Date.now() + SHUNNED_MS
  }

  #heard(): void {
    this.#heardAt = Date.now()
    if (this.#state !== 'probing') return
    this.#go('heard')
    this.#line?.proven()
  }

  /** Asks for a sign of life within so long. Who asked before waits on, unless this is sooner. */
  #doubt(ms: number, isWake = false): void {
    if (this.#state === 'probing' && ms >= this.#probeMs) return
    this.#probeMs = ms
    this.#isWake = isWake
    if (this.#go('doubted')) this.#dial?.socket.emit('ping')
  }

  #refused(refusal: TalusError): void {
    const isForNow = this.#mayBeRenewed(refusal)
    if (refusal.retryable || isForNow) this.#retry(refusal)
    else {
      this.#problem = refusal
      this.#drop()
      if (this.#go('refused')) this.#events.refused(refusal)
    }
    if (isForNow) this.#events.troubled(refusal)
  }

  /** A refused token is no end as long as the application gives others, be it later. */
  #mayBeRenewed({ code }: TalusError): boolean {
    return code === 'UNAUTHORIZED' && typeof this.#settings.token === 'function'
  }

  /** This transport did not lead to a connection; perhaps another does. */
  #fail(cause: Error): void {
    if (strayOf(cause)) this.#isStray = true
    this.#failures = [...this.#failures, failureOf(this.#dial?.transport ?? '', cause)]
    if (this.#left.length > 0 && this.#go('failed-first')) return this.#dialNext()
    const failures = this.#failures
    const problem = unreachable(this.#base.url, failures, { cause })
    const isKnown = problem.message === this.#explained
    this.#explained = problem.message
    this.#retry(isKnown ? this.#problem : problem)
    if (isKnown) return
    const explain = (explained: TalusError) => {
      if (this.#explained !== problem.message) return
      this.#problem = explained
      this.#events.troubled(explained)
    }
    // The network may be what is missing for this part of the program too.
    import('./diagnosis.js')
      .then(({ diagnose }) => diagnose(this.#base, failures, `${API_PREFIX}/health`))
      .then(
        (words) => explain(unreachable(this.#base.url, failures, { words, cause })),
        () => explain(problem),
      )
  }

  /** The next attempt follows after a pause. */
  #retry(problem: TalusError | undefined): void {
    this.#problem = problem
    this.#pauseMs = backoff(this.#attempts, this.#settings.reconnect, problem)
    this.#drop()
    this.#go('failed')
  }

  /** The line broke. Without a pause: the server is there, as far as anybody knows. */
  #lost(reason: string, pauseMs?: number, cause?: unknown): void {
    if (!this.#line) return this.#fail(cause instanceof Error ? cause : new Error(reason))
    if (pauseMs === undefined) this.#ended(this.#line, 1)
    const stray = strayOf(cause)
    const message = `The connection to ${this.#base.url} broke: ${stray ?? reason}`
    this.#problem = ownError('UNREACHABLE', message, true)
    if (stray) {
      this.#isStray = true
      this.#events.troubled(this.#problem)
    }
    this.#pauseMs = pauseMs ?? backoff(1, this.#settings.reconnect)
    this.#drop()
    this.#go('lost')
  }

  #hide(): void {
    if (!STATES[this.#state].on.hidden) return
    this.#drop()
    this.#go('hidden')
  }

  #drop(): void {
    this.#line?.cut()
    this.#line = undefined
    this.#dial?.end()
    this.#dial = undefined
  }
}
