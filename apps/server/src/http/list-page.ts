import { fail, ok, type Result } from '@talus/protocol'
import type { ListPage } from '../journal/journal.js'

/** Most things on one page, which is also what a request without a limit gets. */
const MOST = 1_000

/** Characters of JSON after which a page ends, so that long names make it shorter. */
const MOST_CHARACTERS = 1_000_000

type ListedThing = { created_at: string }

/** What a request asks for. */
type ListQuery = { limit?: number; cursor?: string }

function cursorOf(created_at: string, id: string): string {
  return Buffer.from(JSON.stringify([created_at, id])).toString('base64url')
}

function placeOf(cursor: string): Result<NonNullable<ListPage['after']>> {
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    const [created_at, id] = Array.isArray(place) ? (place as unknown[]) : []
    if (typeof created_at === 'string' && typeof id === 'string') return ok({ created_at, id })
  } catch {
    // Told below, like all that is no cursor.
  }
  return fail('BAD_REQUEST', 'This is not a cursor of a list', [
    { path: '/cursor', expected: 'the next_cursor of a page', actual: cursor },
  ])
}

/**
 * Reads one page, oldest first, and one thing more: that tells whether another page follows.
 * Errors: BAD_REQUEST for a cursor that is none, those of `read`.
 */
export async function listPage<T extends ListedThing>(
  { limit = MOST, cursor }: ListQuery,
  idOf: (thing: T) => string,
  read: (page: Pick<ListPage, 'limit' | 'after'>) => Promise<Result<T[]>>,
): Promise<Result<{ things: T[]; next_cursor: string | null }>> {
  const after = cursor === undefined ? ok(undefined) : placeOf(cursor)
  if (!after.ok) return after
  const found = await read({ limit: limit + 1, after: after.value })
  if (!found.ok) return found
  const things = fitting(found.value.slice(0, limit))
  const last = things.at(-1)
  const isAll = things.length === found.value.length
  const next_cursor = isAll || !last ? null : cursorOf(last.created_at, idOf(last))
  return ok({ things, next_cursor })
}

/** Where something stands in its list: lists are in the order of these. */
type ListPlace = NonNullable<ListPage['after']>

/**
 * A page of a list that is in memory as a whole, in the order of the places; all of it as it is where
 * no page is asked for. Errors: BAD_REQUEST for a cursor that is none.
 */
export function partOf<T>(
  { limit, cursor }: ListQuery,
  all: readonly T[],
  placeIn: (thing: T) => ListPlace,
): Result<{ things: T[]; next_cursor?: string | null }> {
  if (limit === undefined && cursor === undefined) return ok({ things: [...all] })
  const after = cursor === undefined ? ok(undefined) : placeOf(cursor)
  if (!after.ok) return after
  const ordered = all
    .map((thing) => ({ thing, key: keyOf(placeIn(thing)) }))
    .sort((one, other) => Buffer.compare(one.key, other.key))
  const from = after.value && keyOf(after.value)
  const rest = from ? ordered.filter(({ key }) => Buffer.compare(key, from) > 0) : ordered
  const things = fitting(rest.slice(0, limit ?? MOST).map(({ thing }) => thing))
  const last = things.at(-1)
  if (!last || things.length === rest.length) return ok({ things, next_cursor: null })
  const { created_at, id } = placeIn(last)
  return ok({ things, next_cursor: cursorOf(created_at, id) })
}

/** Orders as the storage does: by the bytes of UTF-8. Times are all of one length. */
function keyOf({ created_at, id }: ListPlace): Buffer {
  return Buffer.from(created_at + id)
}

/** As many as fit, at least one. */
function fitting<T>(things: T[]): T[] {
  let left = MOST_CHARACTERS
  const end = things.findIndex((thing, index) => {
    left -= JSON.stringify(thing).length
    return left < 0 && index > 0
  })
  return end === -1 ? things : things.slice(0, end)
}
