import { StorageError } from '../errors.js'
import type { AppendBatch, AppendOutcome, Journal } from '../journal/journal.js'
import type { Instruments } from '../observability/metrics.js'

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

type TakenBatch = { appender: Appender; batch: AppendBatch }

/** Characters of entries from which on a batch is appended by itself: it takes long to write. */
const LONG_CHARS = 256 * 1024

function isLong({ batch: { commits } }: TakenBatch): boolean {
  let chars = 0
  for (const { body } of commits) chars += body.length
  return chars > LONG_CHARS
}

function isEmpty(batch: AppendBatch): boolean {
  return batch.commits.length === 0 && batch.receipts.length === 0
}

type AppendInstruments = Pick<
  Instruments,
  'appendSeconds' | 'appendSessions' | 'appendCommands' | 'appendFailures' | 'appendConflicts'
>

/** Commands that are written with the batches. */
function sizeOf(batches: readonly AppendBatch[]): number {
  let commands = 0
  for (const { commits, receipts } of batches) commands += commits.length + receipts.length
  return commands
}

/**
 * Appends what has queued up in all sessions in one transaction, one transaction at a time: the
 * slower the storage, the larger the groups. What is long is appended by itself beside them, so that
 * nobody waits for another's megabytes.
 */
export class GroupCommitter {
  readonly #journal: Pick<Journal, 'append'>
  readonly #instruments: AppendInstruments
  readonly #onFault: (error: unknown) => void
  readonly #isShared: boolean
  readonly #dirty = new Set<Appender>()
  readonly #gathering = new Gathering()
  readonly #beside = new Set<Promise<void>>()
  #running: Promise<void> | undefined

  /**
   * `onFault` is told of what an appender throws: a bug, after which the others go on. `isShared`:
   * others append as well, so that also of a batch without anything to append it counts whether it
   * builds on the last entry: what was refused may not have to be.
   */
  constructor(
    journal: Pick<Journal, 'append'>,
    instruments: AppendInstruments,
    onFault: (error: unknown) => void,
    { isShared = false } = {},
  ) {
    this.#journal = journal
    this.#instruments = instruments
    this.#onFault = onFault
    this.#isShared = isShared
  }

  /** Asks for the appender's work to be taken at the end of this turn, or as soon as possible. */
  request(appender: Appender): void {
    this.#dirty.add(appender)
    if (this.#running) this.#gathering.arrived()
    else this.#running = this.#run()
  }

  /** Resolves when nothing is left to append. */
  async drained(): Promise<void> {
    while (this.#running ?? this.#beside.size > 0) {
      await Promise.all([this.#running, ...this.#beside])
    }
  }

  async #run(): Promise<void> {
    do {
      // The end of the turn: what other sockets had to say by then joins the group.
      await new Promise((resolve) => setImmediate(resolve))
      const size = this.#present()
      const began = performance.now()
      const taken = this.#takeAll()
      for (const one of taken) if (isLong(one)) this.#commitBeside(one)
      await this.#commit(taken.filter((one) => !isLong(one)))
      // As many as were answered just now are about to come.
      await this.#gathering.forMore(size, performance.now() - began)
    } while (this.#dirty.size > 0)
    this.#running = undefined
  }

  #present(): number {
    let planned = 0
    for (const appender of this.#dirty) planned += appender.planned
    return planned
  }

  #takeAll(): TakenBatch[] {
    const appenders = [...this.#dirty]
    this.#dirty.clear()
    const taken: TakenBatch[] = []
    for (const appender of appenders) {
      try {
        const batch = appender.take()
        if (batch) taken.push({ appender, batch })
      } catch (cause) {
        this.#onFault(cause)
        // Those who wait are answered.
        this.#tried(() => appender.settle(new StorageError('Nothing could be taken', { cause })))
      }
    }
    return taken
  }

  #commitBeside(taken: TakenBatch): void {
    const committed = this.#commit([taken]).finally(() => this.#beside.delete(committed))
    this.#beside.add(committed)
  }

  async #commit(taken: TakenBatch[]): Promise<void> {
    const timer = setTimeout(() => {
      for (const { appender } of taken) this.#tried(() => appender.announce())
    }, ANNOUNCE_AFTER_MS)
    const appended = this.#append(taken.map(({ batch }) => batch))
    for (const { appender } of taken) this.#tried(() => appender.prepare())
    const outcomes = await appended
    clearTimeout(timer)
    for (const [i, { appender }] of taken.entries()) {
      const outcome = outcomes[i] ?? new StorageError('The journal gave no outcome')
      this.#tried(() => appender.settle(outcome))
    }
  }

  #tried<T>(work: () => T): T | undefined {
    try {
      return work()
    } catch (error) {
      this.#onFault(error)
      return undefined
    }
  }

  async #append(batches: AppendBatch[]): Promise<(AppendOutcome | StorageError)[]> {
    const isLeftOut = (batch: AppendBatch) => !this.#isShared && isEmpty(batch)
    const outcomes = await this.#appendWritten(batches.filter((batch) => !isLeftOut(batch)))
    let written = 0
    return batches.map((batch) => {
      if (isLeftOut(batch)) return { ok: true }
      return outcomes[written++] ?? new StorageError('The journal gave no outcome')
    })
  }

  async #appendWritten(batches: AppendBatch[]): Promise<(AppendOutcome | StorageError)[]> {
    if (batches.length === 0) return []
    const { appendSeconds, appendSessions, appendCommands, appendFailures, appendConflicts } =
      this.#instruments
    const began = performance.now()
    try {
      const outcomes = await this.#journal.append(batches)
      for (const outcome of outcomes)
        if (!outcome.ok && outcome.reason === 'conflict') appendConflicts.inc()
      return outcomes
    } catch (cause) {
      appendFailures.inc()
      const failure =
        cause instanceof StorageError ? cause : new StorageError('The append failed', { cause })
      return batches.map(() => failure)
    } finally {
      appendSeconds.observe((performance.now() - began) / 1_000)
      appendSessions.observe(batches.length)
      appendCommands.observe(sizeOf(batches))
    }
  }
}

/** A group waits this many milliseconds at most for those who were answered just now. */
const MOST_MS = 3

/**
 * Waits for a group to fill up. Those whose commands have just been answered tend to send the next
 * one at once: without a wait they would split into two groups for ever, each paying for a write to
 * disk and a fan-out of its own. The wait is no longer than the writes that it may save.
 */
export class Gathering {
  #missing = 0
  #wake: (() => void) | undefined

  /** Resolves when so many more commands have come, or after a moment. `written`: ms of the last write. */
  async forMore(count: number, written: number): Promise<void> {
    if (count === 0) return
    this.#missing = count
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.min(MOST_MS, count * written))
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wake = undefined
  }

  /** A command has come. */
  arrived(): void {
    this.#missing -= 1
    if (this.#missing <= 0) this.#wake?.()
  }
}
