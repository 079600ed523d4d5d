import type { SessionGraph } from '@talus/client'
import { notify } from '../parts/notices.js'
import type { TreeModel } from '../tree/tree-model.js'
import { topmost } from '../tree/rows.js'
import type { Actions } from './actions.js'
import { copiedOf, readCopied, textOfCopied, type CopiedNode } from './copied.js'
import { mayStandBelow } from './schema.js'

/** Maximum number of nodes in one command. */
const MOST = 10_000

/** Copies, cuts and pastes nodes as JSON text, also between sessions through the system clipboard. */
export class Clipboard {
  readonly #graph: SessionGraph
  readonly #actions: Actions
  readonly #model: TreeModel
  /** The last copied text, used if the system clipboard cannot be read. */
  #text = ''
  /** The cut nodes of this text; pasting moves them instead of creating copies. */
  #cut: readonly string[] = []

  constructor(graph: SessionGraph, actions: Actions, model: TreeModel) {
    this.#graph = graph
    this.#actions = actions
    this.#model = model
  }

  /** The text for the clipboard; undefined: there is nothing to copy, or too much. */
  take(ids: readonly string[], isCut: boolean): string | undefined {
    const tops = topmost(this.#graph, ids)
    const copied = copiedOf(this.#graph, tops)
    if (copied.length === 0) return undefined
    if (copied.length > MOST) {
      const title = `At most ${MOST.toLocaleString('en')} nodes can be copied at once`
      notify({ title, look: 'problem' })
      return undefined
    }
    this.#text = textOfCopied(copied)
    this.#cut = isCut ? tops : []
    this.#model.cut(this.#cut)
    return this.#text
  }

  /** The same by a menu, where no event gives access to the system's clipboard. */
  async write(ids: readonly string[], isCut: boolean): Promise<void> {
    const text = this.take(ids, isCut)
    // Without permission it stays in this page.
    if (text !== undefined) await navigator.clipboard?.writeText(text).catch(() => {})
  }

  async read(focus: string | null): Promise<void> {
    const text = await navigator.clipboard?.readText().catch(() => undefined)
    this.paste(focus, text ?? this.#text)
  }

  /** Puts what is in the clipboard below a node, or beside it where only that is allowed. */
  paste(focus: string | null, text: string): void {
    const copied = readCopied(text)
    if (!copied) return
    // What was cut may be gone by now.
    const cut = text === this.#text ? this.#cut.filter((id) => this.#graph.node(id)) : []
    const beside = focus === null ? null : (this.#graph.node(focus)?.parent_id ?? null)
    const parent = [focus, beside].find((id) =>
      cut.length > 0 ? mayStandBelow(this.#graph, cut, id) : this.#takes(copied, id),
    )
    if (parent === undefined) {
      return notify({ title: 'It cannot be pasted here', text: 'The template does not allow it.' })
    }
    if (cut.length > 0) {
      this.#actions.move(cut, { parent_id: parent })
      this.#cut = []
      this.#model.cut([])
    } else {
      const [first] = this.#actions.paste(copied, parent)
      if (first !== undefined) this.#model.await(first)
    }
    if (parent !== null) this.#model.expand([parent])
  }

  #takes(copied: readonly CopiedNode[], parent_id: string | null): boolean {
    const { template } = this.#graph
    const parent = parent_id === null ? undefined : this.#graph.node(parent_id)
    if (!template) return true
    return copied
      .filter((node) => node.parent === null)
      .every(
        ({ blueprint_type_id }) =>
          !!parent && template.allowsChild(parent.blueprint_type_id, blueprint_type_id),
      )
  }
}
