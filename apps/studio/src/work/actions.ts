import type { Session, TalusError } from '@talus/client'
import { useSession } from '@talus/client/react'
import type { JsonValue, Position, SimpleCommand } from '@talus/protocol'
import { useMemo } from 'react'
import { noted } from '../log/sent.js'
import { nodeCount } from '../parts/node-count.js'
import { notify } from '../parts/notices.js'
import { topmost } from '../tree/rows.js'
import type { CopiedNode } from './copied.js'
import { withReferences } from './schema.js'
import { skippedLines } from './skipped.js'

/** A promise of a command; `rejected` of the session reports its rejection too. */
const told = (promise: Promise<unknown>) =>
  promise.then(
    () => true,
    () => false,
  )

export type Place = { parent_id: string | null; position?: Position }

/** User actions on a session. Rejections are shown by the listener of `rejected`. */
export class Actions {
  readonly #session: Session

  constructor(session: Session) {
    this.#session = session
  }

  /** Returns the id of the new node, which is in the graph at once. */
  create(blueprint_type_id: string, name: string, parent_id: string | null): string {
    const node_id = crypto.randomUUID()
    const data = { blueprint_type_id, name, node_id, ...(parent_id !== null && { parent_id }) }
    void told(noted(this.#session, this.#session.execute('CreateNode', data)))
    return node_id
  }

  /** Resolves with the error if the command is rejected. */
  async set(
    node_id: string,
    property_id: string,
    new_value: JsonValue,
  ): Promise<TalusError | undefined> {
    try {
      const data = { node_id, property_id, new_value }
      await noted(this.#session, this.#session.execute('UpdateProperty', data))
      return undefined
    } catch (error) {
      return error as TalusError
    }
  }

  /** Gives nodes values of one property, as one step. What they have already is left alone. */
  setMany(values: readonly { id: string; value: JsonValue }[], property_id: string): void {
    const { graph } = this.#session
    const commands = values
      .filter(({ id, value }) => graph.node(id)?.properties[property_id] !== value)
      .map(({ id, value }): SimpleCommand => ({
        command_type: 'UpdateProperty',
        data: { node_id: id, property_id, new_value: value },
      }))
    void told(this.#run(commands, `Set ${property_id} of ${nodeCount(commands.length)}`))
  }

  unset(node_id: string, property_id: string): void {
    const data = { node_id, property_id }
    void told(noted(this.#session, this.#session.execute('DeleteProperty', data)))
  }

  /** Deletes nodes with all that is below them, as one step. */
  remove(ids: Iterable<string>): void {
    const { graph } = this.#session
    const tops = topmost(graph, ids)
    if (tops.length === 0) return
    let count = 0
    for (const id of tops) count += [...graph.walk(id)].length
    const [only] = tops
    const what =
      tops.length === 1 ? `“${graph.node(only ?? '')?.name ?? ''}”` : nodeCount(tops.length)
    const below = count > tops.length ? ` with ${nodeCount(count - tops.length)} below` : ''
    void told(
      this.#run(
        tops.map((node_id) => ({ command_type: 'DeleteNode', data: { node_id } })),
        `Delete ${what}`,
      ),
    ).then((isDone) => {
      if (isDone)
        notify({
          title: `Deleted ${what}${below}`,
          action: { label: 'Undo', run: () => void this.undo() },
        })
    })
  }

  /** Moves nodes to one place, one behind the other, as one step. */
  move(ids: Iterable<string>, { parent_id, position }: Place): void {
    const tops = topmost(this.#session.graph, ids)
    const commands = tops.map((node_id, at): SimpleCommand => {
      const before = tops[at - 1]
      const place = before === undefined ? position : { after: before }
      return {
        command_type: 'MoveNode',
        data: { node_id, parent_id, ...(place && { position: place }) },
      }
    })
    void told(this.#run(commands, `Move ${nodeCount(tops.length)}`))
  }

  /**
   * Makes nodes of copied ones at the end of a parent, under new ids. References between them are to
   * the new ones. Gives the ids of the topmost.
   */
  paste(copied: readonly CopiedNode[], parent_id: string | null): string[] {
    const ids = copied.map(() => crypto.randomUUID())
    const anew = new Map(copied.map(({ id }, at) => [id, ids[at] ?? '']))
    const { template } = this.#session.graph
    const commands = copied.map(
      ({ parent, blueprint_type_id, name, properties }, at): SimpleCommand => ({
        command_type: 'CreateNode',
        data: {
          blueprint_type_id,
          name,
          properties: withReferences(properties, template?.typeOf(blueprint_type_id), anew),
          node_id: ids[at] ?? '',
          parent_id: parent === null ? parent_id : (ids[parent] ?? null),
        },
      }),
    )
    void told(this.#run(commands, `Paste ${nodeCount(commands.length)}`))
    return ids.filter((_, at) => copied[at]?.parent === null)
  }

  async undo(): Promise<void> {
    await this.#revert('undo')
  }

  async redo(): Promise<void> {
    await this.#revert('redo')
  }

  async #revert(turn: 'undo' | 'redo'): Promise<void> {
    const session = this.#session
    if (turn === 'undo' ? !session.canUndo : !session.canRedo) return
    try {
      const { undo } = await noted(session, session[turn]())
      if (!undo || undo.skipped.length === 0) return
      const isAll = undo.status === 'noop'
      const done = turn === 'undo' ? 'undone' : 'redone'
      notify({
        title: isAll ? `Nothing was ${done}` : `Only a part was ${done}`,
        text: skippedLines(session.graph, undo.skipped),
        look: 'problem',
      })
    } catch {
      // Told by `rejected`.
    }
  }

  #run(commands: readonly SimpleCommand[], label: string): Promise<unknown> {
    const [only] = commands
    if (!only) return Promise.resolve()
    const session = this.#session
    if (commands.length > 1) return noted(session, session.batch(commands, { label }))
    return noted(session, session.execute(only.command_type, only.data, { label }))
  }
}

export function useActions(): Actions {
  const session = useSession()
  return useMemo(() => new Actions(session), [session])
}
