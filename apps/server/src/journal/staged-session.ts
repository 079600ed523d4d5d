import { receiptRow, segmentRow } from './append-queries.js'
import { StorageError, type Receipt, type StoredCommand } from './journal.js'
import type { PackedBatch, PackedCommit } from './packed-group.js'
import type { HeadRow, ReceiptRow, SegmentRow } from './schema.js'

type Staged = { staged_id: number; batch: PackedBatch }

/** So many rows, and characters in them. */
export type Amount = { rows: number; characters: number }

/**
 * What moves at a time and becomes a segment: the group that moves it waits 1 ms for it, and so does
 * whoever reads one of its entries.
 */
export const SEGMENT: Amount = { rows: 512, characters: 512 * 1024 }

/** Rows to be written, and where the session's rows end with them. */
export type Settlement = {
  segment: SegmentRow | null
  /** What the segment is made of. */
  commits: PackedCommit[]
  receipts: ReceiptRow[]
  head: HeadRow
}

/** A session as the tables have it, and what of it is durable in groups only. */
export class StagedSession {
  #head: HeadRow
  #staged: Staged[] = []
  #last_seq: number
  readonly #commands = new Map<string, PackedCommit | Receipt>()

  constructor(head: HeadRow) {
    this.#head = head
    this.#last_seq = head.last_seq
  }

  get session_id(): string {
    return this.#head.session_id
  }

  get last_seq(): number {
    return this.#last_seq
  }

  /** Whether everything is in the tables. */
  get isSettled(): boolean {
    return this.#staged.length === 0
  }

  has(command_id: string): boolean {
    return this.#commands.has(command_id)
  }

  /**
   * Takes a batch that is in the group `staged_id`, unless the tables have it by now. Throws
   * `StorageError` when it does not follow what there is: a group before it is lost.
   */
  stage(staged_id: number, batch: PackedBatch): void {
    if (staged_id <= this.#head.staged_id) return
    if (batch.base_seq !== this.#last_seq) {
      const place = `Session ${this.session_id}: the entry at seq ${this.#last_seq + 1}`
      throw new StorageError(`${place} is missing before group ${staged_id}`)
    }
    this.#staged.push({ staged_id, batch })
    for (const commit of batch.commits) this.#commands.set(commit.command_id, commit)
    for (const receipt of batch.receipts) this.#commands.set(receipt.command_id, receipt)
    this.#last_seq = batch.commits.at(-1)?.seq ?? this.#last_seq
  }

  /** Entries that are not in the tables yet. */
  commits(): PackedCommit[] {
    return this.#staged.flatMap(({ batch }) => batch.commits)
  }

  /** Receipts that are not in the tables yet. */
  receipts(): Receipt[] {
    return this.#staged.flatMap(({ batch }) => batch.receipts)
  }

  find(command_id: string): StoredCommand | undefined {
    const found = this.#commands.get(command_id)
    if (found === undefined) return undefined
    const { payload_hash, ack } = found
    if (!('body' in found))
      return { command_id, payload_hash, seq: null, body: null, ack: found.ack }
    const parsed = typeof ack === 'string' ? (JSON.parse(ack) as StoredCommand['ack']) : null
    return { command_id, payload_hash, seq: found.seq, body: found.body, ack: parsed }
  }

  /**
   * The oldest groups' rows: as many as make a segment, or all there are. A group is never torn.
   */
  settle(): Settlement & { moved: Amount } {
    const going = this.#oldest(SEGMENT)
    const { session_id, digest, last_ordinal, last_seq, staged_id } = this.#head
    const commits = going.flatMap(({ batch }) => batch.commits)
    const segment = segmentRow(session_id, commits, digest)
    const receipts = going
      .flatMap(({ batch }) => batch.receipts)
      .map((receipt, i) => receiptRow(session_id, last_ordinal + 1 + i, receipt))
    this.#head = {
      session_id,
      last_seq: segment?.last_seq ?? last_seq,
      digest: segment?.digest ?? digest,
      last_ordinal: last_ordinal + receipts.length,
      staged_id: going.at(-1)?.staged_id ?? staged_id,
    }
    for (const { command_id } of [...commits, ...receipts]) this.#commands.delete(command_id)
    const moved = going.map(amountOf).reduce(sum, { rows: 0, characters: 0 })
    return { segment, commits, receipts, head: this.#head, moved }
  }

  #oldest({ rows, characters }: Amount): Staged[] {
    let before: Amount = { rows: 0, characters: 0 }
    const next = this.#staged.findIndex((staged, i) => {
      const isEnough = before.rows >= rows || before.characters >= characters
      if (isEnough && staged.staged_id !== this.#staged[i - 1]?.staged_id) return true
      before = sum(before, amountOf(staged))
      return false
    })
    return this.#staged.splice(0, next < 0 ? this.#staged.length : next)
  }
}

function amountOf({ batch: { commits, receipts } }: Staged): Amount {
  let characters = 0
  for (const { body } of commits) characters += body.length
  return { rows: commits.length + receipts.length, characters }
}

function sum(a: Amount, b: Amount): Amount {
  return { rows: a.rows + b.rows, characters: a.characters + b.characters }
}
