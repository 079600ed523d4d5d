import { checkJson, type Presence, type PresenceChange, type PresenceState } from '@talus/protocol'
import { TalusError } from './errors.js'
import { requireListener, type Listener } from './emitter.js'
import type { Line } from './line.js'
import type { Joined } from './joined.js'

/** Where another client is, as it says itself: `{ client_id, actor, state }`. */
export type Other = Presence

type Settings = {
  session_id: string
  onOthers: (others: readonly Other[]) => void
  onRefused: (error: TalusError) => void
}

/** The server takes 20 updates a second (rule PRES1). */
const BEAT_MS = 50

/** And states of at most this size (rule PRES3). */
const MAX_BYTES = 16 * 1024

/** Why a state cannot be sent. One that is larger than the server reads costs the connection. */
function refusalOf(state: PresenceState | null): TalusError | undefined {
  const checked = checkJson(state, '/state')
  if (!checked.ok) return new TalusError({ ...checked.error, retryable: false })
  const bytes = new TextEncoder().encode(JSON.stringify(state)).length
  if (bytes <= MAX_BYTES) return undefined
  const message = `A presence may take ${MAX_BYTES} bytes as JSON; this takes ${bytes}`
  return new TalusError({ code: 'LIMIT_EXCEEDED', message, retryable: false })
}

/** The client's place in the room, told at most every 50 ms, and those of the others. */
export class PresenceRoom {
  readonly #settings: Settings
  readonly #others = new Map<string, Other>()
  /** What came before the answer to the join, which is older. */
  #early: PresenceChange[] = []
  #shown: readonly Other[] = []
  #mine: PresenceState | null = null
  #client_id = ''
  #line: Line | undefined
  #beat: ReturnType<typeof setTimeout> | undefined
  #isStale = false

  constructor(settings: Settings) {
    this.#settings = settings
  }

  get mine(): PresenceState | null {
    return this.#mine
  }

  /** The same array until somebody comes, goes or moves. */
  get others(): readonly Other[] {
    return this.#shown
  }

  /** Keeps what was said before when this cannot be said. */
  say(state: PresenceState | null): void {
    const refusal = refusalOf(state)
    if (refusal) return this.#settings.onRefused(refusal)
    this.#mine = state
    this.#isStale = true
    if (!this.#beat) this.#send()
  }

  /** The session is joined: what was said before is said again, as the server forgot it. */
  open(line: Line, { client_id, presence = [] }: Joined): void {
    this.#line = line
    this.#client_id = client_id
    this.#others.clear()
    for (const other of [...presence, ...this.#early.splice(0)]) this.#put(other)
    this.#tell()
    this.#isStale = this.#mine !== null
    this.#send()
  }

  /** The line is lost: nobody knows where the others are. */
  cut(): void {
    clearTimeout(this.#beat)
    this.#beat = undefined
    this.#line = undefined
    this.#early = []
    this.#others.clear()
    this.#tell()
  }

  receive(change: PresenceChange): void {
    if (!this.#line) return void this.#early.push(change)
    this.#put(change)
    this.#tell()
  }

  #put({ client_id, actor, state }: PresenceChange): void {
    if (client_id === this.#client_id) return
    if (state) this.#others.set(client_id, { client_id, actor, state })
    else this.#others.delete(client_id)
  }

  #tell(): void {
    if (this.#others.size === 0 && this.#shown.length === 0) return
    this.#shown = [...this.#others.values()]
    this.#settings.onOthers(this.#shown)
  }

  #send(): void {
    const line = this.#line
    if (!line || !this.#isStale) return
    this.#isStale = false
    this.#beat = setTimeout(() => {
      this.#beat = undefined
      this.#send()
    }, BEAT_MS)
    const { session_id } = this.#settings
    void line.ask('update_presence', { session_id, state: this.#mine }).then((reply) => {
      if (reply.outcome !== 'answered' || reply.answer.ok) return
      this.#settings.onRefused(new TalusError(reply.answer.error))
    })
  }
}

/** What a session offers of its presence. */
export class SessionPresence {
  readonly #room: PresenceRoom
  readonly #subscribe: (listener: Listener<readonly Other[]>) => () => void

  /** Comes from `session.presence`. */
  constructor(room: PresenceRoom, subscribe: (listener: Listener<readonly Other[]>) => () => void) {
    this.#room = room
    this.#subscribe = subscribe
  }

  /** What this client has said of itself; null: nothing. */
  get mine(): PresenceState | null {
    return this.#room.mine
  }

  /**
   * Says something of this client; fields that are not given stay as they are. What is not JSON of
   * at most 16 KiB is left unsaid, which the session's `rejected` tells.
   */
  update(state: PresenceState): void {
    this.#room.say({ ...this.#room.mine, ...state })
  }

  /** Takes back everything that was said: for the others this client has no presence. */
  clear(): void {
    this.#room.say(null)
  }

  /** Calls the listener whenever others come, go or move; the result stops it. */
  subscribe(listener: Listener<readonly Other[]>): () => void {
    requireListener('presence.subscribe()', listener)
    return this.#subscribe(listener)
  }
}
