import { lifecycleEvent } from './event-name.js'

/** Called for each `command:executed`, with how many came before it. */
export type ExecutedSink = (index: number, receivedAt: number) => void

/** Counts what one client receives and whether it could come in that order (rule CMD2). */
export class Listener {
  executing = 0
  changed = 0
  executed = 0
  outOfOrder = 0
  readonly #onExecuted: ExecutedSink

  constructor(onExecuted: ExecutedSink) {
    this.#onExecuted = onExecuted
  }

  event(bytes: Buffer, start: number, end: number, receivedAt: number): void {
    switch (lifecycleEvent(bytes, start, end)) {
      case 'executing':
        // May run ahead of the commit, so any number of commands may be announced.
        this.executing++
        return
      case 'changed':
        if (this.changed !== this.executed || this.changed >= this.executing) this.outOfOrder++
        this.changed++
        return
      case 'executed':
        if (this.executed + 1 !== this.changed) this.outOfOrder++
        this.#onExecuted(this.executed++, receivedAt)
        return
      case 'other':
    }
  }
}
