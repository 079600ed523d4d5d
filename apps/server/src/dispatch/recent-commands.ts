import type { Ack } from '@talus/protocol'

/** Commands that are remembered in memory; older ones are found in the journal. */
const REMEMBERED = 2_000

type Known = { payload_hash: string; ack: Promise<Ack> }

/**
 * The last command ids of a session with their acknowledgements, so that a retry gets its answer
 * at once (rule IDEM1). Refused commands are forgotten: the same id may be tried again.
 */
export class RecentCommands {
  readonly #known = new Map<string, Known>()

  find(command_id: string): Known | undefined {
    return this.#known.get(command_id)
  }

  remember(command_id: string, payload_hash: string, ack: Promise<Ack>): void {
    this.#known.set(command_id, { payload_hash, ack })
    if (this.#known.size > REMEMBERED) {
      const oldest = this.#known.keys().next()
      if (!oldest.done) this.#known.delete(oldest.value)
    }
  }

  forget(command_id: string): void {
    this.#known.delete(command_id)
  }
}
