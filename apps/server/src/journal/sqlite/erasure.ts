import type { SqliteDatabase } from './database.js'

/** Pages that are overwritten at a time: a millisecond or two. */
const PAGES = 64

/** Characters that one step writes at most, for those who count them. */
export const ERASED_AT_ONCE = PAGES * 4_096

/**
 * `wait`: what was deleted is still being removed, bit by bit. `fill`: free pages are taken and filled
 * with zeros. `empty`: they are given back.
 */
type Step = 'none' | 'wait' | 'fill' | 'empty'

/**
 * SQLite keeps pages that are free, with what they held, until they are needed. They are overwritten
 * by taking all of them for a table of zeros, a part at a time, and giving them back. In pages that
 * are in use, `secure_delete` does it.
 */
export class Erasure {
  readonly #database: SqliteDatabase
  readonly #tidy: () => boolean
  /** What was removed before this process began may not have been overwritten. */
  #step: Step = 'wait'
  #left = 0
  #isDueAgain = false

  /** `tidy` removes a part of what is to be removed. True: there is more. */
  constructor(database: SqliteDatabase, tidy: () => boolean) {
    this.#database = database
    this.#tidy = tidy
  }

  /** Something was removed. */
  due(): void {
    if (this.#step === 'none') this.#step = 'wait'
    else this.#isDueAgain = this.#step !== 'wait'
  }

  /** Overwrites a part. True: there is more. */
  next(): boolean {
    switch (this.#step) {
      case 'none':
        return false
      case 'wait':
        this.#isDueAgain = false
        if (!this.#tidy()) this.#beginToFill()
        return true
      case 'fill':
        if (!this.#fill()) this.#step = 'empty'
        return true
      case 'empty':
        if (this.#empty()) return true
        return this.#end()
      default:
        return this.#step satisfies never
    }
  }

  #beginToFill(): void {
    const { connection } = this.#database
    connection.exec('create table if not exists erasing (id integer primary key, zeros blob)')
    this.#left = this.#numberOf('freelist_count')
    this.#step = 'fill'
  }

  #fill(): boolean {
    const pages = Math.min(PAGES, this.#left, this.#numberOf('freelist_count'))
    if (pages <= 0) return false
    const bytes = pages * this.#numberOf('page_size')
    const insert = this.#database.prepare('insert into erasing (zeros) values (zeroblob(?))')
    this.#database.transaction(() => insert.run(bytes))
    this.#left -= pages
    return true
  }

  #empty(): boolean {
    const first = 'select id from erasing order by id limit 1'
    const remove = this.#database.prepare(`delete from erasing where id in (${first})`)
    return this.#database.transaction(() => remove.run().changes > 0)
  }

  #end(): boolean {
    const { connection } = this.#database
    connection.exec('drop table erasing')
    // The log has the rows as they were. Whoever reads it now is not waited for: it is overwritten
    // as it is used again, and goes when the server ends.
    connection.exec('pragma busy_timeout = 0')
    try {
      connection.prepare('pragma wal_checkpoint(truncate)').get()
    } finally {
      connection.exec('pragma busy_timeout = 1000')
    }
    this.#step = this.#isDueAgain ? 'wait' : 'none'
    return this.#isDueAgain
  }

  #numberOf(pragma: 'freelist_count' | 'page_size'): number {
    const row = this.#database.connection.prepare(`pragma ${pragma}`).get() as object
    return Number(Object.values(row)[0])
  }
}
