import type { Role, Scope } from '../define.js'
import type { ErrorCode } from '../errors.js'
import { ROLES } from '../model/member.js'

/** Somebody who asks: what speaks for them, and their role in the session that is asked about. */
export type VisitorKind = { proof: 'none' | 'link' | 'token'; role: Role | null }

/** Everybody whom the access table tells apart; an administrator owns every session (rule AUTH3). */
export const VISITORS = {
  nobody: { proof: 'none', role: null },
  stranger: { proof: 'token', role: null },
  'viewer link': { proof: 'link', role: 'viewer' },
  'commenter link': { proof: 'link', role: 'commenter' },
  'editor link': { proof: 'link', role: 'editor' },
  viewer: { proof: 'token', role: 'viewer' },
  commenter: { proof: 'token', role: 'commenter' },
  editor: { proof: 'token', role: 'editor' },
  owner: { proof: 'token', role: 'owner' },
  administrator: { proof: 'token', role: 'owner' },
} as const satisfies Record<string, VisitorKind>

export type VisitorName = keyof typeof VISITORS

/** What comes of asking: it is done, or refused with this code. */
export type Outcome = 'allowed' | Extract<ErrorCode, 'UNAUTHORIZED' | 'FORBIDDEN'>

/** What is asked for: the least role, and what that role is about. */
export type Need = { requires: Role; scope: Scope }

/** The one rule of access (rules AUTH2, AUTH3, AUTH5): what comes of it when this visitor asks. */
export function outcomeFor({ proof, role }: VisitorKind, { requires, scope }: Need): Outcome {
  if (scope === 'open') return 'allowed'
  if (proof === 'none') return 'UNAUTHORIZED'
  // A link speaks for its session only, and an identity alone is enough where there is no session.
  if (scope === 'user') return proof === 'link' ? 'FORBIDDEN' : 'allowed'
  if (role === null) return 'FORBIDDEN'
  return ROLES.indexOf(role) >= ROLES.indexOf(requires) ? 'allowed' : 'FORBIDDEN'
}
