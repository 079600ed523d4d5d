import type { Contract, Schema } from '../contract.js'
import type { Direction, Finding } from './finding.js'
import { compareSchemas } from './schemas.js'

const ROLES = ['viewer', 'commenter', 'editor', 'owner']

/** Two contracts, between which something is compared. */
export type Contracts = { before: Contract; after: Contract }

/** One thing as it was and as it is. */
export type Pair<T> = { before: T; after: T }

/** Compares the schemas of one part of a message. */
export function compareParts(
  where: string,
  direction: Direction,
  { before, after, contracts }: Pair<Schema> & { contracts: Contracts },
): Finding[] {
  const sent = direction === 'sent'
  const [inner, outer] = sent ? [before, after] : [after, before]
  const documents = sent
    ? { innerDocument: contracts.before, outerDocument: contracts.after }
    : { innerDocument: contracts.after, outerDocument: contracts.before }
  const faults = compareSchemas({ inner, outer, direction, ...documents, at: '', within: [] })
  return faults.map(({ at, what }) => ({ where, at, what }))
}

/** Who was allowed before has to be allowed after. */
export function compareRoles(
  where: string,
  { before, after }: Pair<string | undefined>,
): Finding[] {
  if (before === undefined || after === undefined) return []
  if (ROLES.indexOf(after) <= ROLES.indexOf(before)) return []
  return [{ where, at: '', what: `needs the role ${after} now, not ${before}` }]
}

/** A definition without its own name, by which a renamed one is recognised. */
function nameless(name: string, definition: object): string {
  return JSON.stringify(definition).replaceAll(JSON.stringify(name), '""')
}

/** What there is no longer, by name, and where it seems to have gone. */
export function compareNames(
  what: string,
  { before, after }: Pair<Record<string, object>>,
): Finding[] {
  return Object.entries(before).flatMap(([name, definition]) => {
    if (name in after) return []
    const text = nameless(name, definition)
    const successor = Object.entries(after).find(
      ([other, one]) => !(other in before) && nameless(other, one) === text,
    )
    const fate = successor === undefined ? 'was removed' : `was renamed to ${successor[0]}`
    return [{ where: `${what} ${name}`, at: '', what: fate }]
  })
}

/** The things that are there before and after. */
export function pairs<T extends object>({ before, after }: Pair<Record<string, T>>) {
  return Object.entries(before).flatMap(([name, one]) => {
    const other = after[name]
    return other === undefined ? [] : [{ name, before: one, after: other }]
  })
}
