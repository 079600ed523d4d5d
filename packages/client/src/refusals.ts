import type { Emitter } from './emitter.js'
import type { TalusError } from './errors.js'
import { refusalOf } from './queue/pending.js'
import type { StoredCommand } from './queue/store.js'
import type { SessionEvents } from './session-events.js'
import type { Note } from './storage/storage.js'

/** `isLeft`: a page that is gone has called it, so that no promise tells of the refusal either. */
type Unheard = { error: TalusError; stored: StoredCommand | undefined; isLeft: boolean }

/** As many are kept until somebody hears them; then the oldest of its kind goes. */
const MAX_UNHEARD = 100
const MAX_LEFT_UNHEARD = 10_000

/** Refused commands, kept with what they asked for until somebody listens, also over reloads. */
export class Refusals {
  readonly #events: Emitter<SessionEvents>
  readonly #note: (note: Note) => void
  #unheard: Unheard[] = []

  constructor(events: Emitter<SessionEvents>, note: (note: Note) => void) {
    this.#events = events
    this.#note = note
  }

  /** As a store keeps them. */
  get stored(): StoredCommand[] {
    return this.#unheard.flatMap(({ stored }) => stored ?? [])
  }

  /** `command`: unless it cannot be stored. `isLeft`: a client that is gone has called it. */
  add(error: TalusError, command?: StoredCommand, isLeft = false): void {
    const { code, message, details, retryable } = error
    // Codes of this client, such as TIMEOUT, are none of a refused command.
    const refused = { code, message, details, retryable } as StoredCommand['refused'] & object
    const stored = command && { ...command, refused }
    this.#unheard.push({ error, stored, isLeft })
    if (this.hear()) return
    if (stored) this.#note({ add: stored })
    const alike = this.#unheard.filter((unheard) => unheard.isLeft === isLeft)
    const [oldest] = alike
    if (!oldest || alike.length <= (isLeft ? MAX_LEFT_UNHEARD : MAX_UNHEARD)) return
    this.#unheard.splice(this.#unheard.indexOf(oldest), 1)
    this.#drop(oldest)
  }

  /** Takes over what a client that is gone has left; false: it was not refused. */
  adopt(stored: StoredCommand): boolean {
    const { refused, command_id } = stored
    if (!refused) return false
    if (this.stored.some((known) => known.command_id === command_id)) return true
    this.#unheard.push({ error: refusalOf(stored, refused), stored, isLeft: true })
    this.hear()
    return true
  }

  /** Tells what is kept, if somebody listens now. */
  hear(): boolean {
    const isHeard = this.#events.has('rejected')
    for (const unheard of isHeard ? this.#unheard.splice(0) : []) {
      this.#drop(unheard)
      this.#events.emit('rejected', unheard.error)
    }
    return isHeard
  }

  #drop({ stored }: Unheard): void {
    if (stored) this.#note({ remove: stored.command_id })
  }
}
