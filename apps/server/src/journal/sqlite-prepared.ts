import type { CompiledQuery } from 'kysely'
import type { SqliteDatabase, Statement } from './sqlite-database.js'

/** A group of any size runs on three statements per query. Larger ones would gain little. */
const SIZES = [64, 8, 1]

/** A query over many items, in chunks; each size of chunk is compiled and prepared only once. */
export function inChunks<Item>(
  database: SqliteDatabase,
  compile: (items: Item[]) => CompiledQuery,
): (items: Item[]) => Generator<{ statement: Statement; chunk: Item[] }> {
  const statements = new Map<number, Statement>()
  const statementFor = (chunk: Item[]) => {
    const known = statements.get(chunk.length)
    if (known !== undefined) return known
    const statement = database.prepare(compile(chunk).sql)
    statements.set(chunk.length, statement)
    return statement
  }
  return function* (items) {
    let from = 0
    for (const size of SIZES) {
      for (; from + size <= items.length; from += size) {
        const chunk = items.slice(from, from + size)
        yield { statement: statementFor(chunk), chunk }
      }
    }
  }
}
