import type { Emitter } from './emitter.js'
import type { TalusError } from './errors.js'
import { refusalOf } from './queue/pending.js'
import type { StoredCommand } from './queue/store.js'
import type { SessionEvents } from './session-events.js'
import type { Note } from './storage/storage.js'

type Unheard = { error: TalusError; stored: StoredCommand | undefined }

/**
 * As many are kept until somebody hears them; then the oldest goes. All that an earlier page left may
 * be refused before the application can listen.
 */
const MAX_UNHEARD = 1_000

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

  /** `command`: unless it cannot be stored. */
  add(error: TalusError, command?: StoredCommand): void {
    const { code, message, details, retryable } = error
    // Codes of this client, such as TIMEOUT, are none of a refused command.
    const refused = { code, message, details, retryable } as StoredCommand['refused'] & object
    const stored = command && { ...command, refused }
    this.#unheard.push({ error, stored })
    if (this.hear()) return
    if (stored) this.#note({ add: stored })
    if (this.#unheard.length > MAX_UNHEARD) this.#drop(this.#unheard.shift())
  }

  /** Takes over what a client that is gone has left; false: it was not refused. */
  adopt(stored: StoredCommand): boolean {
    const { refused, command_id } = stored
    if (!refused) return false
    if (this.stored.some((known) => known.command_id === command_id)) return true
    this.#unheard.push({ error: refusalOf(stored, refused), stored })
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

  #drop(unheard: Unheard | undefined): void {
    if (unheard?.stored) this.#note({ remove: unheard.stored.command_id })
  }
}
