import type { JsonValue, Role } from '@talus/protocol'
import { higher, isRole } from './roles.js'

/** The least roles for creating something, changing it, and seeing it (rule ACC1). */
export type Access = { readonly create: Role; readonly change: Role; readonly see: Role }

/** What holds where a template says nothing: what the commands themselves require. */
export const OPEN: Access = { create: 'editor', change: 'editor', see: 'viewer' }

/** For owners only: what holds where nobody can say what is permitted. */
export const CLOSED: Access = { create: 'owner', change: 'owner', see: 'owner' }

export function isOpen({ create, change, see }: Access): boolean {
  return create === OPEN.create && change === OPEN.change && see === OPEN.see
}

/** What is required by either of two. */
export function strictest(one: Access, other: Access): Access {
  return {
    create: higher(one.create, other.create),
    change: higher(one.change, other.change),
    see: higher(one.see, other.see),
  }
}

/** The roles that a checked template declares. */
type Declared = Partial<Access>

function declared(value: JsonValue | undefined): Declared {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {}
  const { create, change, see } = value
  return {
    ...(isRole(create) && { create }),
    ...(isRole(change) && { change }),
    ...(isRole(see) && { see }),
  }
}

export function typeAccessOf(value: JsonValue | undefined): Access {
  return { ...OPEN, ...declared(value) }
}

/**
 * Whoever may not see a property may not write it. One without a `change` of its own takes that of
 * its type; a new node may have it as soon as its type may be created, or an entry of a log that
 * nobody may change later could have no content.
 */
export function propertyAccessOf(value: JsonValue | undefined, type: Access): Access {
  const { change, see = type.see } = declared(value)
  return {
    create: higher(change ?? OPEN.create, see),
    change: higher(change ?? type.change, see),
    see,
  }
}

/** The name is seen by everybody, whatever its type says. */
export function nameAccessOf(value: JsonValue | undefined, type: Access): Access {
  return propertyAccessOf(value, { ...type, see: OPEN.see })
}
