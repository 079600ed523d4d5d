import {
  checkJson,
  type Participant as Named,
  type Presence,
  type PresenceChange,
  type PresenceState,
  type Role,
  type RootPayload,
} from '@talus/protocol'
import { notAllowed, ownError, TalusError } from './errors.js'
import { requireListener, type Listener } from './emitter.js'
import type { Line } from './line.js'
import type { Joined } from './joined.js'

/** Where another client is, as it says itself: `{ client_id, actor, state }`. */
export type Other = Presence

/** Somebody who is in the session: one for each connection. */
export type Participant = Named & {
  /** Whether it is this very client. */
  isSelf: boolean
}

/** Who came into the session, and who went. */
export type Coming = RootPayload<'session:connected'> | RootPayload<'session:disconnected'>

type Settings = {
  session_id: string
  onParticipants: (participants: readonly Participant[]) => void
  onOthers: (others: readonly Other[]) => void
  onRefused: (error: TalusError) => void
}

/** The server takes 20 updates a second (rule PRES1). */
const BEAT_MS = 50

/** For how long a lost connection may be about to come back: the others are where they were. */
const KEPT_MS = 3_000

/** And states of at most this size (rule PRES3). */
const MAX_BYTES = 16 * 1024

/** The state as text, or why it cannot be sent. A larger one than the server reads costs the connection. */
function textOf(state: PresenceState | null): string | TalusError {
  const checked = checkJson(state, '/state')
  if (!checked.ok) return new TalusError({ ...checked.error, retryable: false })
  const text = JSON.stringify(state)
  const bytes = new TextEncoder().encode(text).length
  if (bytes <= MAX_BYTES) return text
  const message = `A presence may take ${MAX_BYTES} bytes as JSON; this takes ${bytes}`
  return ownError('LIMIT_EXCEEDED', message, false)
}

/** Whether two of the others are at the same place, whatever connections they came by. */
function isLike(one: Other, other: Other | undefined): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other)
}

/** The client's place in the room, told at most every 50 ms, and those of the others. */
export class PresenceRoom {
  readonly #settings: Settings
  readonly #others = new Map<string, Other>()
  /** What came before the answer to the join, which is older. */
  #early: PresenceChange[] = []
  #shown: readonly Other[] = []
  readonly #named = new Map<string, Participant>()
  #participants: readonly Participant[] = []
  #mine: PresenceState | null = null
  #role: Role | undefined
  /** A viewer knows that nothing is shown. */
  #isTold = false
  /** What was said last, as JSON. */
  #said = 'null'
  #client_id = ''
  #line: Line | undefined
  #beat: ReturnType<typeof setTimeout> | undefined
  #isStale = false
  #fading: ReturnType<typeof setTimeout> | undefined

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

  /** The same array until somebody comes or goes. */
  get participants(): readonly Participant[] {
    return this.#participants
  }

  /** What the client may do now. A viewer shows nothing, and what was shown is gone (rule PRES5). */
  permit(role: Role | undefined): void {
    if (role === this.#role) return
    this.#role = role
    const mine = this.#mine
    if (role !== 'viewer') return
    this.#isTold = false
    this.#said = 'null'
    this.#mine = null
    this.#isStale = false
    if (mine && !this.#line) this.#refuse()
  }

  /** Once: applications say something with every move of the mouse. */
  #refuse(): void {
    const refusal = notAllowed(this.#role, 'commenter')
    if (!this.#isTold) this.#settings.onRefused(new TalusError(refusal))
    this.#isTold = true
  }

  /** Keeps what was said before when this cannot be said. What is the same is not said again. */
  say(state: PresenceState | null): void {
    if (this.#role === 'viewer') return state ? this.#refuse() : undefined
    const text = textOf(state)
    if (text instanceof TalusError) return this.#settings.onRefused(text)
    if (text === this.#said) return
    this.#said = text
    this.#mine = state
    this.#isStale = true
    if (!this.#beat) this.#send()
  }

  /** The session is joined: what was said before is said again, as the server may have forgotten. */
  open(line: Line, { client_id, presence = [], participants = [] }: Joined): void {
    clearTimeout(this.#fading)
    this.#line = line
    this.#client_id = client_id
    this.#others.clear()
    this.#named.clear()
    for (const one of participants) this.#name(one)
    for (const other of [...presence, ...this.#early.splice(0)]) this.#put(other)
    this.#tell()
    this.#tellNames()
    this.#isStale = this.#mine !== null
    this.#send()
  }

  /** The line is lost: if that lasts, nobody knows where the others are. */
  cut(): void {
    clearTimeout(this.#beat)
    this.#beat = undefined
    this.#early = []
    if (!this.#line) return
    this.#line = undefined
    this.#fading = setTimeout(() => this.#fade(), KEPT_MS)
  }

  /** The session is over. */
  end(): void {
    this.cut()
    clearTimeout(this.#fading)
    this.#fade()
  }

  receive(change: PresenceChange): void {
    if (!this.#line) return void this.#early.push(change)
    this.#put(change)
    this.#tell()
  }

  /** Somebody came, or went. What comes before the answer to the join is in it. */
  meet(coming: Coming): void {
    if (!this.#line) return
    const { client_id } = coming
    if (coming.event === 'session:disconnected') {
      if (!this.#named.delete(client_id)) return
    } else {
      const { actor, replaces } = coming
      if (actor) this.#name({ client_id, actor })
      this.#named.delete(replaces ?? '')
    }
    this.#tellNames()
  }

  #fade(): void {
    this.#others.clear()
    this.#named.clear()
    this.#tell()
    this.#tellNames()
  }

  #name({ client_id, actor }: Named): void {
    this.#named.set(client_id, { client_id, actor, isSelf: client_id === this.#client_id })
  }

  #put({ client_id, actor, state, replaces }: PresenceChange): void {
    this.#others.delete(replaces ?? '')
    if (client_id === this.#client_id) return
    if (state) this.#others.set(client_id, { client_id, actor, state })
    else this.#others.delete(client_id)
  }

  #tell(): void {
    const others = [...this.#others.values()]
    const isSame =
      others.length === this.#shown.length &&
      others.every((other, at) => isLike(other, this.#shown[at]))
    if (isSame) return
    this.#shown = others
    this.#settings.onOthers(others)
  }

  #tellNames(): void {
    if (this.#named.size === 0 && this.#participants.length === 0) return
    this.#participants = [...this.#named.values()]
    this.#settings.onParticipants(this.#participants)
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
      // It may be said once more.
      this.#said = ''
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

  /** Has Vue leave it as it is: a proxy cannot reach private fields. */
  get __v_skip(): true {
    return true
  }

  /** What this client has said of itself; null: nothing. */
  get mine(): PresenceState | null {
    return this.#room.mine
  }

  /**
   * Says something of this client; fields that are not given stay as they are, and what is the same
   * as before is not sent. What is not JSON of at most 16 KiB is left unsaid, which the session's
   * `rejected` tells. A viewer shows nothing: `rejected` tells that once, and `mine` stays null.
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
