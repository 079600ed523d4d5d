import type { Ack, AckSuccess } from '@talus/protocol'

/** Answered commands that are remembered in memory at least; older ones are found in the journal. */
const REMEMBERED = 128

type Known = { payload_hash: string; ack: Ack | Promise<Ack> }

/**
 * The commands of a session that wait for their answer, and the last that have got one, so that a
 * retry gets the same at once (rule IDEM1). Refused commands are forgotten: the same id may be
 * tried again.
 */
export class RecentCommands {
  readonly #waiting = new Map<string, Known>()
  /** In two generations: the older one goes as a whole, which costs nothing for each command. */
  #answered = new Map<string, Known>()
  #before = new Map<string, Known>()

  find(command_id: string): Known | undefined {
    return (
      this.#waiting.get(command_id) ??
      this.#answered.get(command_id) ??
      this.#before.get(command_id)
    )
  }

  wait(command_id: string, payload_hash: string, ack: Promise<Ack>): void {
    this.#waiting.set(command_id, { payload_hash, ack })
  }

  /** Keeps the answer instead of the promise of it. */
  answer(command_id: string, ack: AckSuccess): void {
    const known = this.#waiting.get(command_id)
    if (!known) return
    this.#waiting.delete(command_id)
    known.ack = ack
    this.#answered.set(command_id, known)
    if (this.#answered.size < REMEMBERED) return
    this.#before = this.#answered
    this.#answered = new Map()
  }

  forget(command_id: string): void {
    this.#waiting.delete(command_id)
  }
}
