import type { Ack } from '@talus/protocol'

/** Accepted commands whose ids are remembered in memory at least. */
const REMEMBERED = 128

type Waiting = { payload_hash: string; ack: Promise<Ack> }

/**
 * The commands of a session that wait for their answer, and the ids of those that were accepted
 * last: what those were answered is in the journal. Refused commands are forgotten: the same id may
 * be tried again (rule IDEM3).
 */
export class RecentCommands {
  readonly #waiting = new Map<string, Waiting>()
  /** In two generations: the older one goes as a whole, which costs nothing for each command. */
  #accepted = new Set<string>()
  #before = new Set<string>()

  waiting(command_id: string): Waiting | undefined {
    return this.#waiting.get(command_id)
  }

  isAccepted(command_id: string): boolean {
    return this.#accepted.has(command_id) || this.#before.has(command_id)
  }

  wait(command_id: string, waiting: Waiting): void {
    this.#waiting.set(command_id, waiting)
  }

  accept(command_id: string): void {
    if (!this.#waiting.delete(command_id)) return
    this.#accepted.add(command_id)
    if (this.#accepted.size < REMEMBERED) return
    this.#before = this.#accepted
    this.#accepted = new Set()
  }

  forget(command_id: string): void {
    this.#waiting.delete(command_id)
  }
}
