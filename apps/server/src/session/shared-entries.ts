import type { RoleView } from '@talus/graph'
import type { Entry } from '@talus/protocol'

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

function listOf(first: number, entries: readonly string[]): { list: List; bytes: Buffer } {
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
  }
  // One that begins behind the last: an empty list.
  starts.push(end)
  end += bytes.write(']', end)
  return {
    list: { first, starts, end, bytes: new WeakRef(bytes.buffer) },
    bytes: bytes.subarray(0, end),
  }
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

  /** A JSON list of the entries from `first` on, without its opening bracket. */
  from(first: number, view: RoleView | null, entries: () => readonly string[]): Buffer {
    const name = view?.name ?? ''
    const known = this.#lists.get(name)
    const shared = known && endFrom(known, first)
    if (shared) return shared
    const seen = view
      ? entries().map((body) => JSON.stringify(view.entry(JSON.parse(body) as Entry)))
      : entries()
    const { list, bytes } = listOf(first, seen)
    this.#lists.set(name, list)
    return bytes
  }

  /** There are more entries now. */
  clear(): void {
    this.#lists.clear()
  }
}
