import type { GraphChange, SessionGraph } from '@talus/client'
import { rowsOf, type Row } from './rows.js'

/** An immutable snapshot of the tree's state. */
export type TreeState = {
  rows: readonly Row[]
  expanded: ReadonlySet<string>
  selected: ReadonlySet<string>
  /** The focused row; null in an empty tree. */
  focus: string | null
  /** The row whose name is being edited. */
  renaming: string | null
  /** Cut nodes that have not been pasted yet. */
  cut: ReadonlySet<string>
}

/** Up to this many nodes, the tree is fully expanded at first; otherwise only the roots are. */
const SMALL = 300

const NONE: ReadonlySet<string> = new Set()

/**
 * The state of one tree over a graph: expanded, selected and focused nodes. Applies changes of the
 * graph once per frame; ignores properties.
 */
export class TreeModel {
  readonly #graph: SessionGraph
  readonly #listeners = new Set<() => void>()
  #state: TreeState
  /** Where a range of selected rows starts. */
  #anchor: string | null = null
  /** The row to go to as soon as the graph has it. */
  #awaited: { id: string; rename: boolean } | undefined
  #frame = 0

  constructor(graph: SessionGraph) {
    this.#graph = graph
    const expanded = new Set<string>()
    const isSmall = graph.size <= SMALL
    for (const { id } of isSmall ? graph.walk() : []) expanded.add(id)
    for (const id of graph.roots()) expanded.add(id)
    const rows = rowsOf(graph, expanded)
    const focus = rows[0]?.id ?? null
    const selected = focus === null ? NONE : new Set([focus])
    this.#state = { rows, expanded, selected, focus, renaming: null, cut: NONE }
    this.#anchor = focus
  }

  get state(): TreeState {
    return this.#state
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Follows the graph until the result is called. */
  follow(): () => void {
    const stop = this.#graph.subscribe((change) => {
      if (this.#frame === 0 && this.#concerns(change)) {
        this.#frame = requestAnimationFrame(() => this.refresh())
      }
    })
    this.refresh()
    return () => {
      stop()
      cancelAnimationFrame(this.#frame)
      this.#frame = 0
    }
  }

  /** Takes in what the graph is now. */
  refresh(): void {
    this.#frame = 0
    const { expanded, focus, selected, renaming, cut, rows: before } = this.#state
    const has = (id: string) => this.#graph.node(id) !== undefined
    const rows = rowsOf(this.#graph, expanded)
    const next = {
      rows,
      focus: focus !== null && has(focus) ? focus : neighbour(before, rows, focus),
      selected: kept(selected, has),
      renaming: renaming !== null && has(renaming) ? renaming : null,
      cut: kept(cut, has),
    }
    const isLost = next.selected.size === 0 && selected.size > 0 && next.focus !== null
    this.#set(isLost ? { ...next, selected: new Set([next.focus ?? '']) } : next)
    this.#arrive()
  }

  indexOf(id: string | null): number {
    return id === null ? -1 : this.#state.rows.findIndex((row) => row.id === id)
  }

  /**
   * Puts the focus on a node and selects it: alone, beside others, or with all from the last one.
   * `order`: the nodes as they are shown; by default the rows of the tree.
   */
  choose(
    id: string,
    how: 'only' | 'toggle' | 'range' | 'focus' = 'only',
    order = this.#state.rows.map((row) => row.id),
  ): void {
    const { selected } = this.#state
    if (how === 'range') {
      const [a, b] = [order.indexOf(this.#anchor ?? ''), order.indexOf(id)]
      const [from, to] = a < b ? [Math.max(a, 0), b] : [b, a]
      return this.#set({ focus: id, selected: new Set(order.slice(from, to + 1)) })
    }
    if (how === 'focus') return this.#set({ focus: id })
    this.#anchor = id
    if (how === 'only') return this.#set({ focus: id, selected: new Set([id]) })
    const next = new Set(selected)
    if (!next.delete(id)) next.add(id)
    this.#set({ focus: id, selected: next })
  }

  chooseAll(): void {
    this.#set({ selected: new Set(this.#state.rows.map(({ id }) => id)) })
  }

  expand(ids: Iterable<string>): void {
    const expanded = new Set(this.#state.expanded)
    for (const id of ids) expanded.add(id)
    this.#reflow(expanded)
  }

  expandAll(): void {
    this.expand(Array.from(this.#graph.walk(), ({ id }) => id))
  }

  /** What was inside and had the focus gives it to the node that is collapsed. */
  collapse(id: string): void {
    const expanded = new Set(this.#state.expanded)
    expanded.delete(id)
    const { focus } = this.#state
    const wasInside = focus !== null && this.#graph.path(focus).some((above) => above.id === id)
    this.#reflow(expanded)
    if (wasInside && focus !== id) this.choose(id)
  }

  collapseAll(): void {
    this.#reflow(new Set())
    const { focus } = this.#state
    const top = focus === null ? undefined : this.#graph.path(focus)[0]
    if (top) this.choose(top.id)
  }

  /** Expands everything above a node and goes there. False: there is no such node. */
  reveal(id: string): boolean {
    const path = this.#graph.path(id)
    if (path.length === 0) return false
    this.expand(path.slice(0, -1).map((node) => node.id))
    this.choose(id)
    return true
  }

  /** Goes to a node that was just created as soon as the graph has it; and names it. */
  await(id: string, { rename = false } = {}): void {
    this.#awaited = { id, rename }
    this.#arrive()
  }

  rename(id: string | null): void {
    this.#set({ renaming: id })
  }

  cut(ids: Iterable<string>): void {
    this.#set({ cut: new Set(ids) })
  }

  #arrive(): void {
    const awaited = this.#awaited
    if (!awaited || !this.#graph.node(awaited.id)) return
    this.#awaited = undefined
    this.reveal(awaited.id)
    if (awaited.rename) this.rename(awaited.id)
  }

  #concerns({ lists }: GraphChange): boolean {
    // A row also shows whether there is anything below it.
    return lists.size > 0
  }

  #reflow(expanded: ReadonlySet<string>): void {
    this.#set({ expanded, rows: rowsOf(this.#graph, expanded) })
  }

  #set(part: Partial<TreeState>): void {
    this.#state = { ...this.#state, ...part }
    for (const listener of this.#listeners) listener()
  }
}

function kept(ids: ReadonlySet<string>, has: (id: string) => boolean): ReadonlySet<string> {
  const left = [...ids].filter(has)
  return left.length === ids.size ? ids : new Set(left)
}

/** The row that stands where one was that is gone. */
function neighbour(before: readonly Row[], rows: readonly Row[], gone: string | null) {
  const at = before.findIndex(({ id }) => id === gone)
  return rows[Math.min(Math.max(at, 0), rows.length - 1)]?.id ?? null
}
