import {
  StorageError,
  type AppendBatch,
  type AppendOutcome,
  type Journal,
} from '../journal/journal.js'
import { Gathering } from './gathering.js'

/** Whatever has something to append. */
export interface Appender {
  /** How many commands are there to be appended. */
  readonly planned: number
  /** Hands over what is to be appended now; undefined when there is nothing, or not now. */
  take(): AppendBatch | undefined
  /** Tells what became of the last batch that was taken. */
  settle(outcome: AppendOutcome | StorageError): void
  /** The batch is being written: there is time to get ready for its end. */
  prepare(): void
  /** The batch takes long: tell those who watch that their commands are being executed. */
  announce(): void
}

/** After this many milliseconds a room learns that a command is executing. */
const ANNOUNCE_AFTER_MS = 50

type Taken = { appender: Appender; batch: AppendBatch }

function isEmpty(batch: AppendBatch): boolean {
  return batch.commits.length === 0 && batch.receipts.length === 0
}

/**
 * Appends what has queued up in all sessions in one transaction, one transaction at a time: the
 * slower the storage, the larger the groups.
 */
export class GroupCommitter {
  readonly #journal: Pick<Journal, 'append'>
  readonly #dirty = new Set<Appender>()
  readonly #gathering = new Gathering()
  #running: Promise<void> | undefined

  constructor(journal: Pick<Journal, 'append'>) {
    this.#journal = journal
  }

  /** Asks for the appender's work to be taken at the end of this turn, or as soon as possible. */
  request(appender: Appender): void {
    this.#dirty.add(appender)
    if (this.#running) this.#gathering.arrived()
    else this.#running = this.#run()
  }

  /** Resolves when nothing is left to append. */
  async drained(): Promise<void> {
    while (this.#running) await this.#running
  }

  async #run(): Promise<void> {
    do {
      // The end of the turn: what other sockets had to say by then joins the group.
      await new Promise((resolve) => setImmediate(resolve))
      const size = this.#present()
      await this.#commit(this.#takeAll())
      // As many as were answered just now are about to come.
      await this.#gathering.forMore(size)
    } while (this.#dirty.size > 0)
    this.#running = undefined
  }

  #present(): number {
    let planned = 0
    for (const appender of this.#dirty) planned += appender.planned
    return planned
  }

  #takeAll(): Taken[] {
    const appenders = [...this.#dirty]
    this.#dirty.clear()
    const taken: Taken[] = []
    for (const appender of appenders) {
      const batch = appender.take()
      if (batch) taken.push({ appender, batch })
    }
    return taken
  }

  async #commit(taken: Taken[]): Promise<void> {
    const timer = setTimeout(() => {
      for (const { appender } of taken) appender.announce()
    }, ANNOUNCE_AFTER_MS)
    const appended = this.#append(taken.map(({ batch }) => batch))
    for (const { appender } of taken) appender.prepare()
    const outcomes = await appended
    clearTimeout(timer)
    for (const [i, { appender }] of taken.entries()) {
      appender.settle(outcomes[i] ?? new StorageError('The journal gave no outcome'))
    }
  }

  async #append(batches: AppendBatch[]): Promise<(AppendOutcome | StorageError)[]> {
    const outcomes = await this.#appendWritten(batches.filter((batch) => !isEmpty(batch)))
    let written = 0
    return batches.map((batch) => {
      if (isEmpty(batch)) return { ok: true }
      return outcomes[written++] ?? new StorageError('The journal gave no outcome')
    })
  }

  async #appendWritten(batches: AppendBatch[]): Promise<(AppendOutcome | StorageError)[]> {
    if (batches.length === 0) return []
    try {
      return await this.#journal.append(batches)
    } catch (cause) {
      const failure =
        cause instanceof StorageError ? cause : new StorageError('The append failed', { cause })
      return batches.map(() => failure)
    }
  }
}
