import type { SqliteDatabase } from './sqlite-database.js'
import type { Staging } from './staging.js'

/** Pages that are overwritten at a time: a millisecond or two. */
const PAGES = 64

/** Characters that one step writes at most, for those who count them. */
export const ERASED_AT_ONCE = PAGES * 4_096

/**
 * `settle`: groups that hold what was removed from the tables leave `staged`. `fill`: free pages are
 * taken and filled with zeros. `empty`: they are given back.
 */
type Step = 'none' | 'begin' | 'settle' | 'fill' | 'empty'

/**
 * SQLite keeps pages that are free, with what they held, until they are needed. They are overwritten
 * by taking all of them for a table of zeros, a part at a time, and giving them back. In pages that
 * are in use, `secure_delete` does it.
 */
export class Erasure {
  readonly #database: SqliteDatabase
  readonly #staging: Pick<Staging, 'lastId' | 'clearThrough'>
  /** What was removed before this process began may not have been overwritten. */
  #step: Step = 'begin'
  #through = 0
  #left = 0
  #isDueAgain = false

  constructor(database: SqliteDatabase, staging: Pick<Staging, 'lastId' | 'clearThrough'>) {
    this.#database = database
    this.#staging = staging
  }

  /** Something was removed. */
  due(): void {
    if (this.#step === 'none') this.#step = 'begin'
    else this.#isDueAgain = this.#step !== 'begin'
  }

  /** Overwrites a part. True: there is more. */
  next(): boolean {
    switch (this.#step) {
      case 'none':
        return false
      case 'begin':
        this.#isDueAgain = false
        this.#through = this.#staging.lastId
        this.#step = 'settle'
        return true
      case 'settle':
        if (!this.#staging.clearThrough(this.#through)) this.#beginToFill()
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
    this.#database.prepare('insert into erasing (zeros) values (zeroblob(?))').run(bytes)
    this.#left -= pages
    return true
  }

  #empty(): boolean {
    const first = 'select id from erasing order by id limit 1'
    return this.#database.prepare(`delete from erasing where id in (${first})`).run().changes > 0
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
    this.#step = this.#isDueAgain ? 'begin' : 'none'
    return this.#isDueAgain
  }

  #numberOf(pragma: 'freelist_count' | 'page_size'): number {
    const row = this.#database.connection.prepare(`pragma ${pragma}`).get() as object
    return Number(Object.values(row)[0])
  }
}
