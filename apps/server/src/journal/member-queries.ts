import type { Kysely } from 'kysely'
import type { Journal } from './journal.js'
import type { JournalTables } from './schema.js'

const MEMBER_COLUMNS = ['actor_id', 'name', 'role', 'added_at', 'added_by'] as const

const LINK_COLUMNS = [
  'link_id',
  'session_id',
  'token_hash',
  'role',
  'expires_at',
  'created_at',
  'created_by',
] as const

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
  // A session may go at any moment: what is written for one is written only if it is still there.
  const fromSession = (session_id: string) =>
    db.selectFrom('sessions').where('session_id', '=', session_id)

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

    async putMember(session_id, { actor_id, name, role, added_at, added_by }) {
      const { numInsertedOrUpdatedRows = 0n } = await db
        .insertInto('members')
        .columns(['session_id', 'actor_id', 'name', 'role', 'added_at', 'added_by'])
        .expression(
          fromSession(session_id).select((query) => [
            'session_id',
            query.val(actor_id).as('actor_id'),
            query.val(name).as('name'),
            query.val(role).as('role'),
            query.val(added_at).as('added_at'),
            query.val(added_by).as('added_by'),
          ]),
        )
        .onConflict((conflict) =>
          conflict.columns(['session_id', 'actor_id']).doUpdateSet({ role }),
        )
        .executeTakeFirstOrThrow()
      return numInsertedOrUpdatedRows > 0n
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
        .select(['session_id', 'role'])
        .orderBy('session_id')
        .execute()
    },

    async createShareLink(link) {
      const { numInsertedOrUpdatedRows = 0n } = await db
        .insertInto('share_links')
        .columns([
          'session_id',
          'link_id',
          'token_hash',
          'role',
          'expires_at',
          'created_at',
          'created_by',
        ])
        .expression(
          fromSession(link.session_id).select((query) => [
            'session_id',
            query.val(link.link_id).as('link_id'),
            query.val(link.token_hash).as('token_hash'),
            query.val(link.role).as('role'),
            query.val(link.expires_at).as('expires_at'),
            query.val(link.created_at).as('created_at'),
            query.val(link.created_by).as('created_by'),
          ]),
        )
        .executeTakeFirstOrThrow()
      return numInsertedOrUpdatedRows > 0n
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
