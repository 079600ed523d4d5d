import type { Role } from '@talus/protocol'
import { sql, type Kysely } from 'kysely'
import type { Journal } from './journal.js'
import type { JournalTables } from './schema.js'
import { text, textOrNull } from './text-column.js'

const MEMBER_COLUMNS = [
  text('actor_id'),
  textOrNull('name'),
  roleColumn(),
  text('added_at'),
  text('added_by'),
] as const

const LINK_COLUMNS = [
  text('link_id'),
  text('session_id'),
  text('token_hash'),
  roleColumn(),
  textOrNull('expires_at'),
  text('created_at'),
  text('created_by'),
] as const

/** Only roles are ever written there. */
function roleColumn() {
  return sql<Role>`cast(${sql.ref('role')} as blob)`.as('role')
}

export type MemberQueries = Pick<
  Journal,
  | 'members'
  | 'putMember'
  | 'deleteMember'
  | 'sessionsOf'
  | 'createShareLink'
  | 'shareLinks'
  | 'deleteShareLink'
  | 'findShareLink'
>

export function memberQueries(db: Kysely<JournalTables>): MemberQueries {
  return {
    async members(session_id) {
      return await db
        .selectFrom('members')
        .where('session_id', '=', session_id)
        .select(MEMBER_COLUMNS)
        .orderBy('added_at')
        .orderBy('actor_id')
        .execute()
    },

    async putMember(session_id, { actor_id, role, ...rest }) {
      await db
        .insertInto('members')
        .values({ session_id, actor_id, role, ...rest })
        .onConflict((conflict) =>
          conflict.columns(['session_id', 'actor_id']).doUpdateSet({ role }),
        )
        .execute()
    },

    async deleteMember(session_id, actor_id) {
      const { numDeletedRows } = await db
        .deleteFrom('members')
        .where('session_id', '=', session_id)
        .where('actor_id', '=', actor_id)
        .executeTakeFirstOrThrow()
      return numDeletedRows > 0n
    },

    async sessionsOf(actor_id) {
      return await db
        .selectFrom('members')
        .where('actor_id', '=', actor_id)
        .select([text('session_id'), roleColumn()])
        .orderBy('session_id')
        .execute()
    },

    async createShareLink(link) {
      await db.insertInto('share_links').values(link).execute()
    },

    async shareLinks(session_id) {
      return await db
        .selectFrom('share_links')
        .where('session_id', '=', session_id)
        .select(LINK_COLUMNS)
        .orderBy('created_at')
        .orderBy('link_id')
        .execute()
    },

    async deleteShareLink(session_id, link_id) {
      const { numDeletedRows } = await db
        .deleteFrom('share_links')
        .where('session_id', '=', session_id)
        .where('link_id', '=', link_id)
        .executeTakeFirstOrThrow()
      return numDeletedRows > 0n
    },

    async findShareLink(token_hash) {
      return await db
        .selectFrom('share_links')
        .where('token_hash', '=', token_hash)
        .select(LINK_COLUMNS)
        .executeTakeFirst()
    },
  }
}
