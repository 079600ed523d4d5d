import type { AccessMark, Consumed, Head, SharedJournal } from '../journal.js'
import type { PostgresDatabase } from './connection.js'

/** Marks are assigned before they are committed: this many may become visible after a later one. */
const OVERLAP = 100

type Sharing = Pick<SharedJournal, 'heads' | 'accessAfter' | 'consumedFrom' | 'exclusively'>

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

    async consumedFrom(session_id, seq) {
      const rows = await query<{ consumes: string }>(
        `select l.consumes from talus.log l join talus.sessions s on l.session = s.id
        where s.session_id = $1 and l.seq is null and l.after_seq >= $2 and l.consumes is not null
        order by l.after_seq, l.id`,
        [session_id, seq],
      )
      return rows.map(({ consumes }) => JSON.parse(consumes) as Consumed)
    },

    exclusively: (key, work) =>
      locking.transaction(async (within) => {
        await within(`select pg_advisory_xact_lock(hashtextextended($1, 1))`, [key])
        return await work()
      }),
  }
}
