import type { SessionGraph } from '@talus/client'
import { notify } from '../parts/notices.js'
import type { TreeModel } from '../tree/tree-model.js'
import { topmost } from '../tree/rows.js'
import type { Actions } from './actions.js'
import { mayStandBelow } from './schema.js'

/** Nodes that were cut or copied in this page. */
export class Clipboard {
  readonly #graph: SessionGraph
  readonly #actions: Actions
  readonly #model: TreeModel
  #held: { ids: readonly string[]; isCut: boolean } | undefined

  constructor(graph: SessionGraph, actions: Actions, model: TreeModel) {
    this.#graph = graph
    this.#actions = actions
    this.#model = model
  }

  copy(ids: readonly string[]): void {
    this.#held = { ids: topmost(this.#graph, ids), isCut: false }
    this.#model.cut([])
  }

  cut(ids: readonly string[]): void {
    const tops = topmost(this.#graph, ids)
    this.#held = { ids: tops, isCut: true }
    this.#model.cut(tops)
  }

  /** Puts what is held below a node, or beside it where only that is allowed. */
  paste(focus: string | null): void {
    const held = this.#held
    // What was copied may be gone by now.
    const ids = held?.ids.filter((id) => this.#graph.node(id)) ?? []
    if (!held || ids.length === 0) return
    const beside = focus === null ? null : (this.#graph.node(focus)?.parent_id ?? null)
    const parent = [focus, beside].find((id) => this.#takes(ids, id, held.isCut))
    if (parent === undefined) {
      return notify({ title: 'It cannot be pasted here', text: 'The template does not allow it.' })
    }
    if (held.isCut) {
      this.#actions.move(ids, { parent_id: parent })
      this.#held = undefined
      this.#model.cut([])
    } else {
      const [first] = this.#actions.copy(ids, parent)
      if (first !== undefined) this.#model.await(first)
    }
    if (parent !== null) this.#model.expand([parent])
  }

  #takes(ids: readonly string[], parent_id: string | null, isCut: boolean): boolean {
    if (isCut) return mayStandBelow(this.#graph, ids, parent_id)
    const { template } = this.#graph
    const parent = parent_id === null ? undefined : this.#graph.node(parent_id)
    if (!template) return true
    return ids.every((id) => {
      const type = this.#graph.node(id)?.blueprint_type_id ?? ''
      return !!parent && template.allowsChild(parent.blueprint_type_id, type)
    })
  }
}
