import type { Journal, Member, ShareLinkRecord } from './journal.js'

type MemberQueries = Pick<
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

type MemoryAccess = {
  begin: (session_id: string, owner: Member | undefined) => void
  forget: (session_id: string) => void
  isMember: (session_id: string, actor_id: string) => boolean
  queries: MemberQueries
}

/** Members and share links in memory: what SQLite does, without a disk. */
export function createMemoryAccess(): MemoryAccess {
  const sessions = new Map<string, Map<string, Member>>()
  const links = new Map<string, ShareLinkRecord>()
  const of = (session_id: string) => [...(sessions.get(session_id)?.values() ?? [])]

  const queries: MemberQueries = {
    async members(session_id) {
      return of(session_id)
        .map((member) => ({ ...member }))
        .sort(by(({ added_at, actor_id }) => [added_at, actor_id]))
    },
    async putMember(session_id, member) {
      const members = sessions.get(session_id)
      if (!members) return false
      const { role } = member
      members.set(member.actor_id, { ...(members.get(member.actor_id) ?? member), role })
      return true
    },
    async deleteMember(session_id, actor_id) {
      return sessions.get(session_id)?.delete(actor_id) ?? false
    },
    async sessionsOf(actor_id) {
      const found = [...sessions].flatMap(([session_id, members]) => {
        const member = members.get(actor_id)
        return member ? [{ session_id, role: member.role }] : []
      })
      return found.sort(by(({ session_id }) => [session_id]))
    },
    async createShareLink(link) {
      if (!sessions.has(link.session_id)) return false
      links.set(link.link_id, { ...link })
      return true
    },
    async shareLinks(session_id) {
      return [...links.values()]
        .filter((link) => link.session_id === session_id)
        .map((link) => ({ ...link }))
        .sort(by(({ created_at, link_id }) => [created_at, link_id]))
    },
    async deleteShareLink(session_id, link_id) {
      return links.get(link_id)?.session_id === session_id && links.delete(link_id)
    },
    async findShareLink(token_hash) {
      const link = [...links.values()].find((one) => one.token_hash === token_hash)
      return link && { ...link }
    },
  }
  return {
    begin: (session_id, owner) => {
      sessions.set(session_id, new Map(owner ? [[owner.actor_id, { ...owner }]] : []))
    },
    forget: (session_id) => {
      sessions.delete(session_id)
      for (const link of links.values()) {
        if (link.session_id === session_id) links.delete(link.link_id)
      }
    },
    isMember: (session_id, actor_id) => sessions.get(session_id)?.has(actor_id) ?? false,
    queries,
  }
}

/** Compares by texts, the first that differ. */
function by<T>(keys: (item: T) => string[]) {
  return (a: T, b: T) => {
    const theirs = keys(b)
    for (const [i, key] of keys(a).entries()) {
      const other = theirs[i] ?? ''
      if (key !== other) return key < other ? -1 : 1
    }
    return 0
  }
}
