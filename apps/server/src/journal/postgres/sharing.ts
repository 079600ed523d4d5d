import type { AccessMark, Head, SharedJournal } from '../journal.js'
import type { PostgresDatabase } from './connection.js'

/** Marks are assigned before they are committed: this many may become visible after a later one. */
const OVERLAP = 100

type Sharing = Pick<SharedJournal, 'heads' | 'accessAfter' | 'exclusively'>

/** `locking`: connections that hold a lock while `work` uses other connections. */
export function sharingOf({ query }: PostgresDatabase, locking: PostgresDatabase): Sharing {
  return {
    heads: (session_ids) =>
      query<Head>(
        `select session_id, epoch, last_seq as seq from talus.sessions
        where session_id = any($1)`,
        [session_ids],
      ),

    accessAfter(mark) {
      const columns = 'session_id, access as mark'
      return mark === undefined
        ? query<AccessMark>(`select ${columns} from talus.sessions order by access desc limit 1`)
        : query<AccessMark>(
            `select ${columns} from talus.sessions where access > $1 order by access`,
            [mark - OVERLAP],
          )
    },

    exclusively: (session_id, work) =>
      locking.transaction(async (within) => {
        await within(`select pg_advisory_xact_lock(hashtextextended($1, 1))`, [session_id])
        return await work()
      }),
  }
}
