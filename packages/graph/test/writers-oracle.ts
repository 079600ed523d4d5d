import type { Change, Entry } from '@talus/protocol'

export type Writer = { seq: number; by: string }

/** Its first entry, and the last of its undos and redos. */
type Command = { seq: number; latest: number }

/** `left`: of one that is undone, the writer whom its undo gave the thing back to. */
type Write = Writer & { isUndone: boolean; left?: number | undefined }

/** What a change writes, as one text for each thing. */
export function thingOf(change: Change): string {
  switch (change.type) {
    case 'node-added':
    case 'node-removed':
      return `${change.node.id} existence`
    case 'node-moved':
      return `${change.node_id} place`
    case 'property-set':
      return `${change.node_id} .${change.property_id}`
    case 'graph-replaced':
      return ''
    default:
      return change satisfies never
  }
}

/**
 * Rule UNDO9 as naively as it can be said: of every thing all writes, and whether they are undone.
 * The last one that is not is the writer.
 */
export class WritersOracle {
  readonly #writes = new Map<string, Write[]>()
  readonly #removers = new Map<string, Writer>()
  readonly #commands = new Map<string, Command>()

  take(entry: Entry): void {
    const { seq, kind, actor } = entry
    const own = { seq, by: actor.id }
    const command_id = entry.target_command_id ?? entry.command_id
    const command = this.#commands.get(command_id) ?? { seq, latest: seq }
    for (const change of entry.changes) {
      if (change.type === 'node-removed') this.#removers.set(change.node.id, own)
      if (change.type !== 'node-added' && change.type !== 'node-removed') continue
      if (kind !== 'do') this.#turnBeginning(change.node.id, kind, command.seq)
      else if (change.type === 'node-added') this.#begin(change.node.id, own)
    }
    for (const thing of new Set(entry.changes.map(thingOf))) {
      if (kind === 'do' || !this.#turn(thing, kind, command)) {
        this.#of(thing).push({ ...own, isUndone: false })
      }
    }
    this.#commands.set(command_id, { ...command, latest: seq })
  }

  writer(thing: string): Writer | undefined {
    const last = this.#writes.get(thing)?.findLast(({ isUndone }) => !isUndone)
    return last && last.by !== '' ? { seq: last.seq, by: last.by } : undefined
  }

  /** Of a node that is gone. */
  remover(node_id: string): Writer | undefined {
    return this.writer(`${node_id} existence`) ?? this.#removers.get(node_id)
  }

  /** Writers of the properties of a node. */
  editors(node_id: string): Writer[] {
    const things = [...this.#writes.keys()].filter((thing) => thing.startsWith(`${node_id} .`))
    return things.flatMap((thing) => this.writer(thing) ?? [])
  }

  /** Whether an undo or a redo only takes back, or brings back, what its command wrote. */
  #turn(thing: string, kind: 'undo' | 'redo', { seq, latest }: Command): boolean {
    const writes = this.#of(thing)
    const current = writes.findLast(({ isUndone }) => !isUndone)
    const first = writes.find((write) => write.seq === seq)
    if (current && (current.seq === latest || (kind === 'undo' && current.seq === seq))) {
      current.isUndone = true
      current.left = writes.findLast(({ isUndone }) => !isUndone)?.seq
      return true
    }
    if (kind === 'undo' || !first?.isUndone) return false
    // Somebody has written since, or the writer of before was undone as well: by force only.
    if (current?.seq !== first.left) return false
    first.isUndone = false
    return true
  }

  /** A node that is made anew is the work of one entry, with all it holds. */
  #begin(node_id: string, { seq, by }: Writer): void {
    this.#of(`${node_id} place`).push({ seq, by, isUndone: false })
    for (const [thing, writes] of this.#writes) {
      if (thing.startsWith(`${node_id} .`)) writes.push({ seq, by: '', isUndone: false })
    }
  }

  /** Taken back, what made a node anew gives all it holds back to its writers of before. */
  #turnBeginning(node_id: string, kind: 'undo' | 'redo', seq: number): void {
    for (const [thing, writes] of this.#writes) {
      const begun = writes.find((write) => write.seq === seq && write.by === '')
      if (begun && thing.startsWith(`${node_id} .`)) begun.isUndone = kind === 'undo'
    }
  }

  #of(thing: string): Write[] {
    const writes = this.#writes.get(thing) ?? []
    this.#writes.set(thing, writes)
    return writes
  }
}
