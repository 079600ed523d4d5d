import { finish, type RoleView, type Steps } from '@talus/graph'
import type { Entry } from '@talus/protocol'
import { viewedEntry } from './role-view.js'

/**
 * Entries from `first` on as a JSON list, where in its bytes each of them begins, and where it ends.
 * Kept as long as some client has not taken them.
 */
type List = {
  first: number
  starts: readonly number[]
  end: number
  bytes: WeakRef<ArrayBufferLike>
}

function* listOf(first: number, entries: readonly string[]): Steps<{ list: List; bytes: Buffer }> {
  let length = 1
  for (const entry of entries) length += Buffer.byteLength(entry) + 1
  // Written one by one: to join megabytes first takes longer.
  const bytes = Buffer.allocUnsafeSlow(length)
  const starts: number[] = []
  let end = 0
  for (const entry of entries) {
    if (end > 0) end += bytes.write(',', end)
    starts.push(end)
    end += bytes.write(entry, end)
    yield
  }
  // One that begins behind the last: an empty list.
  starts.push(end)
  end += bytes.write(']', end)
  return {
    list: { first, starts, end, bytes: new WeakRef(bytes.buffer) },
    bytes: bytes.subarray(0, end),
  }
}

/** Characters of an entry from which on it is not parsed in one piece: 900 kB would take 20 ms. */
const LARGE = 64 * 1024

function* seenBy(view: RoleView, body: string): Steps<string> {
  if (body.length < LARGE) {
    yield
    return JSON.stringify(view.entry(JSON.parse(body) as Entry))
  }
  const pieces: string[] = []
  for (const piece of viewedEntry(body, view)) {
    if (piece !== undefined) pieces.push(piece)
    yield
  }
  return pieces.join('')
}

/** The end of the list, from an entry on. Undefined: it is not in it, or has been collected. */
function endFrom({ first, starts, end, bytes }: List, seq: number): Buffer | undefined {
  const from = starts[seq - first]
  const whole = bytes.deref()
  return from === undefined || !whole ? undefined : Buffer.from(whole, from, end - from)
}

/**
 * The last entries of a session as JSON in UTF-8. To make a megabyte takes many milliseconds: all
 * clients who come back in the same moment are sent the same bytes, however much each has missed.
 */
export class SharedEntries {
  /** By the name of the view. */
  readonly #lists = new Map<string, List>()
  /** What was made ahead and is about to be asked for. */
  readonly #ahead = new Set<ArrayBufferLike>()
  #generation = 0

  /** A JSON list of the entries from `first` on, without its opening bracket. */
  from(first: number, view: RoleView | null, entries: () => readonly string[]): Buffer {
    const name = view?.name ?? ''
    const known = this.#lists.get(name)
    const shared = known && endFrom(known, first)
    this.#ahead.clear()
    return shared ?? finish(this.#make(first, view, entries()))
  }

  /** Makes it ahead in steps, unless there are more entries before it is asked for. */
  *ahead(first: number, view: RoleView | null, entries: () => readonly string[]): Steps<void> {
    const known = this.#lists.get(view?.name ?? '')
    const generation = this.#generation
    const bytes = (known && endFrom(known, first)) ?? (yield* this.#make(first, view, entries()))
    if (generation === this.#generation) this.#ahead.add(bytes.buffer)
  }

  *#make(first: number, view: RoleView | null, entries: readonly string[]): Steps<Buffer> {
    const generation = this.#generation
    const seen: string[] = []
    for (const body of entries) seen.push(view ? yield* seenBy(view, body) : body)
    const { list, bytes } = yield* listOf(first, seen)
    if (generation === this.#generation) this.#lists.set(view?.name ?? '', list)
    return bytes
  }

  /** There are more entries now. */
  clear(): void {
    this.#generation += 1
    if (this.#ahead.size > 0) this.#ahead.clear()
    if (this.#lists.size > 0) this.#lists.clear()
  }
}
