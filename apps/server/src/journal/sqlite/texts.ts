import { DamagedError, StorageError } from '../journal.js'
import { partDigest, textBegin } from './chain.js'
import type { SqliteDatabase } from './database.js'
import { messageOf } from './errors.js'

/**
 * A long text, kept in parts, whose last part has this digest. `about`: what it is the text of. Groups
 * of other sessions are committed between its parts: beside an entry of 40 MB a neighbour's longest
 * append fell from 1.3 to 0.08 s.
 */
export type TextRef = { text: number; about: string; digest: string }

/** Parts that follow one another; `next` is the first that was not read, null when there is none. */
export type TextParts = { bodies: string[]; next: number | null }

export const aboutEntry = 'entry'
export const aboutSnapshot = (session: number, seq: number) => `snapshot ${session} ${seq}`
export const aboutDocument = (project_id: string) => `document ${project_id}`

/** A part is not as it was written. */
export class PartDamaged extends DamagedError {
  readonly part: number

  constructor(part: number) {
    super(`part ${part} of a text is damaged`)
    this.part = part
  }
}

type PartRow = { part: number; digest: string; body: string }

/**
 * Parts of a text from `from` on, until they have so many characters. Throws `PartDamaged` where one
 * is changed or missing.
 */
export function readParts(
  { prepare }: SqliteDatabase,
  { text, about, digest }: TextRef,
  { from, chars }: { from: number; chars: number },
): TextParts {
  const before = prepare('select digest from parts where text = ? and part = ?')
  const begin = from === 0 ? undefined : (before.get(text, from - 1) as PartRow | undefined)
  if (from > 0 && begin === undefined) throw new PartDamaged(from - 1)
  let last = begin?.digest ?? textBegin(text, about)
  const bodies: string[] = []
  let left = chars
  const rows = prepare(
    'select part, digest, body from parts where text = ? and part >= ? order by part',
  )
  let next = from
  for (const row of rows.iterate(text, from) as Iterable<PartRow>) {
    if (last === digest || left <= 0) break
    if (row.part !== next || partDigest(last, row.body) !== row.digest) throw new PartDamaged(next)
    bodies.push(row.body)
    last = row.digest
    left -= row.body.length
    next += 1
  }
  if (last === digest) return { bodies, next: null }
  if (bodies.length === 0) throw new PartDamaged(next)
  return { bodies, next }
}

/** Reads a whole text, for nothing but to find where it is damaged. */
export function expectText(database: SqliteDatabase, ref: TextRef): void {
  for (let from: number | null = 0; from !== null;) {
    from = readParts(database, ref, { from, chars: 1_000_000 }).next
  }
}

/** What is wrong with a snapshot that cannot be read. */
export function snapshotDamage(seq: number, error: unknown): string {
  if (error instanceof PartDamaged) {
    return `the snapshot at seq ${seq} is damaged in part ${error.part}`
  }
  return `the snapshot cannot be read: ${messageOf(error)}`
}

/** Parts that go at once: to free their pages takes some milliseconds. */
const GOING = 8

/**
 * Long texts are written a part at a time, each durable by itself, before anything refers to them.
 * A text that nothing refers to, yet or any more, is `loose`.
 */
export class Texts {
  readonly #database: SqliteDatabase
  #last: number
  /** Texts that go, a few parts at a time. */
  #going: number[]

  constructor(database: SqliteDatabase) {
    this.#database = database
    const { prepare } = database
    const sql = `select max(coalesce((select max(text) from parts), 0),
      coalesce((select max(text) from loose), 0)) as last`
    this.#last = (prepare(sql).get() as { last: number }).last
    // What a process that died was writing, or had not removed yet.
    const rows = prepare('select text from loose').all() as { text: number }[]
    this.#going = rows.map(({ text }) => text)
  }

  begin(about: string): TextRef {
    const { prepare, transaction } = this.#database
    const text = (this.#last += 1)
    transaction(() => prepare('insert into loose values (?)').run(text))
    return { text, about, digest: textBegin(text, about) }
  }

  /** Adds parts to a text of `from` parts. */
  add(ref: TextRef, from: number, bodies: readonly string[]): TextRef {
    const { prepare, transaction } = this.#database
    return transaction(() => {
      let { digest } = ref
      const insert = prepare('insert into parts values (?, ?, ?, ?)')
      for (const [i, body] of bodies.entries()) {
        digest = partDigest(digest, body)
        insert.run(ref.text, from + i, digest, body)
      }
      return { ...ref, digest }
    })
  }

  /** From now on something refers to the text. To be called in the transaction that writes it. */
  hold({ text, about, digest }: TextRef): void {
    const { prepare } = this.#database
    const last = prepare('select digest from parts where text = ? order by part desc limit 1')
    const row = last.get(text) as { digest: string } | undefined
    const isWhole = (row?.digest ?? textBegin(text, about)) === digest
    const { changes } = prepare('delete from loose where text = ?').run(text)
    if (!isWhole || changes !== 1) throw new StorageError('A text that was being written is lost')
  }

  /** Nothing refers to the text any more. To be called in the transaction that takes it out. */
  release(text: number | null): void {
    if (text === null) return
    this.#database.prepare('insert or ignore into loose values (?)').run(text)
    this.discard(text)
  }

  /** A loose text is not going to be referred to. */
  discard(text: number): void {
    this.#going.push(text)
  }

  get isTidy(): boolean {
    return this.#going.length === 0
  }

  /** Removes some parts of what goes, the last first. Throws nothing that was not asked for. */
  tidy(): void {
    const text = this.#going.at(-1)
    if (text === undefined) return
    const { prepare, transaction } = this.#database
    const isGone = transaction(() => {
      // Taken back: the transaction that released it has failed.
      if (!prepare('select 1 from loose where text = ?').get(text)) return true
      const sql = `delete from parts where text = ?1 and part >
        (select max(part) from parts where text = ?1) - ${GOING}`
      if (prepare(sql).run(text).changes > 0) return false
      prepare('delete from loose where text = ?').run(text)
      return true
    })
    if (isGone) this.#going.pop()
  }
}
