import { sql, type KyselyPlugin } from 'kysely'

/**
 * A column of text, read as bytes: damaged text may be no UTF-8, and libsql ends the whole process
 * when it is asked for such text. `BYTES_AS_TEXT` makes a string of it, in which the damage shows.
 */
export function text<Name extends string>(column: Name) {
  return sql<string>`cast(${sql.ref(column)} as blob)`.as(column)
}

/** The same for a column that may be null. */
export function textOrNull<Name extends string>(column: Name) {
  return sql<string | null>`cast(${sql.ref(column)} as blob)`.as(column)
}

export function textOf(bytes: ArrayBuffer): string {
  return Buffer.from(bytes).toString('utf8')
}

/** Turns what `text` reads into strings. The journal stores no other bytes. */
export const BYTES_AS_TEXT: KyselyPlugin = {
  transformQuery: ({ node }) => node,
  async transformResult({ result }) {
    for (const row of result.rows) {
      for (const key in row) {
        const value = row[key]
        if (value instanceof ArrayBuffer) row[key] = textOf(value)
      }
    }
    return result
  },
}
