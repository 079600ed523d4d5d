import type { Role } from '@talus/protocol'

const RANK: Record<Role, number> = { viewer: 0, commenter: 1, editor: 2, owner: 3 }

export function isRole(value: unknown): value is Role {
  return typeof value === 'string' && Object.hasOwn(RANK, value)
}

/** Whether a role permits what another role is required for. */
export function permits(role: Role | null, required: Role): boolean {
  return role !== null && RANK[role] >= RANK[required]
}

/** The role that permits more. */
export function higher(one: Role, other: Role): Role {
  return RANK[one] >= RANK[other] ? one : other
}
