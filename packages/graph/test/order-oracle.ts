import type { Entry } from '@talus/protocol'

/** A sibling that is there, or the place that one left by an entry. */
type Slot = { id: string; left?: number; wentAlong?: boolean }

type Arrival = { id: string; parent_id: string | null; index: number }

/**
 * Rule ORD2 as naively as it can be said: every list of siblings keeps the place of whoever left it,
 * for good. Knows entries only.
 */
export class OrderOracle {
  readonly #lists = new Map<string | null, Slot[]>()
  /** The last entry of each command's chain of undos and redos. */
  readonly #latest = new Map<string, number>()

  /** Takes in an entry; gives what it brings back to another index than the rule says. */
  take(entry: Entry): string[] {
    const taken = this.#latest.get(entry.target_command_id ?? '')
    const removed = new Set<string | null>()
    for (const change of entry.changes)
      if (change.type === 'node-removed') removed.add(change.node.id)
    const added = new Set<string | null>()
    const faults: string[] = []
    for (const change of entry.changes) {
      if (change.type === 'node-removed') {
        const { node, parent_id } = change
        this.#leave({ id: node.id, parent_id, wentAlong: removed.has(parent_id) }, entry.seq)
      } else if (change.type === 'node-moved') {
        const { node_id: id, from, to } = change
        this.#leave({ id, parent_id: from.parent_id, wentAlong: false }, entry.seq)
        faults.push(...this.#arrive({ id, ...to }, taken, added))
      } else if (change.type === 'node-added') {
        // Something other than an undo brings it back: places below it are not known (rule ORD3).
        if (taken === undefined) this.#lists.delete(change.node.id)
        faults.push(...this.#arrive({ ...change, id: change.node.id }, taken, added))
        added.add(change.node.id)
      }
    }
    this.#latest.set(entry.target_command_id ?? entry.command_id, entry.seq)
    return faults
  }

  #list(parent_id: string | null): Slot[] {
    const list = this.#lists.get(parent_id) ?? []
    this.#lists.set(parent_id, list)
    return list
  }

  #leave(
    { id, parent_id, wentAlong }: Omit<Arrival, 'index'> & { wentAlong: boolean },
    seq: number,
  ): void {
    const slot = this.#list(parent_id).find((one) => one.id === id && one.left === undefined)
    if (!slot) throw new Error(`'${id}' is not in its list`)
    Object.assign(slot, { left: seq, wentAlong })
  }

  #arrive(
    { id, parent_id, index }: Arrival,
    taken: number | undefined,
    added: ReadonlySet<string | null>,
  ): string[] {
    const list = this.#list(parent_id)
    const isIn = (one: Slot) => one.left === undefined
    const indexOf = (slot: Slot) => list.slice(0, list.indexOf(slot)).filter(isIn).length
    const place = list.findLast((one) => one.id === id && !isIn(one) && one.left === taken)
    if (place && (place.wentAlong ? added.has(parent_id) : this.#isKnown(list, place))) {
      const expected = indexOf(place)
      delete place.left
      return expected === index ? [] : [`'${id}' at ${index}, not ${expected}`]
    }
    if (place) list.splice(list.indexOf(place), 1)
    let at = 0
    for (let passed = 0; passed < index; at += 1)
      if (list[at] && isIn(list[at] as Slot)) passed += 1
    while ((index > 0 || !list.some(isIn)) && list[at] && !isIn(list[at] as Slot)) at += 1
    list.splice(at, 0, { id })
    return []
  }

  /** Whether the sibling before a place did not go along with the parent, and stay away. */
  #isKnown(list: Slot[], place: Slot): boolean {
    const before = list.slice(0, list.indexOf(place))
    const anchor = before.findLast(({ left, wentAlong }) => left === undefined || wentAlong)
    return anchor?.left === undefined
  }
}
