import { combine } from '@atlaskit/pragmatic-drag-and-drop/combine'
import { draggable, dropTargetForElements } from '@atlaskit/pragmatic-drag-and-drop/element/adapter'
import {
  attachInstruction,
  extractInstruction,
} from '@atlaskit/pragmatic-drag-and-drop-hitbox/list-item'
import { useSession } from '@talus/client/react'
import { useEffect, useState, type RefObject } from 'react'
import { mayStandBelow } from '../work/schema.js'
import type { TreeModel } from './tree-model.js'

/** The drop position, next to or below a row. */
export type Landing = 'before' | 'after' | 'below'

const LANDINGS = { 'reorder-before': 'before', 'reorder-after': 'after', combine: 'below' } as const

/** The dragged nodes: the selection, or only the row if it is not selected. */
export const DRAGGED = 'talus-nodes'

export function draggedIds(data: Record<string | symbol, unknown>): readonly string[] {
  const ids = data[DRAGGED]
  return Array.isArray(ids) ? (ids as string[]) : []
}

export function landingOf(data: Record<string | symbol, unknown>): Landing | undefined {
  const instruction = extractInstruction(data)
  return instruction && !instruction.blocked ? LANDINGS[instruction.operation] : undefined
}

type RowDrag = {
  element: RefObject<HTMLElement | null>
  id: string
  model: TreeModel
  mayMove: boolean
}

/** Makes a row draggable and a drop target, as far as the template allows. */
export function useRowDrag({ element, id, model, mayMove }: RowDrag): Landing | undefined {
  const { graph } = useSession()
  const [landing, setLanding] = useState<Landing>()
  useEffect(() => {
    const row = element.current
    if (!row) return undefined
    const availability = (ids: readonly string[], parent_id: string | null) =>
      mayStandBelow(graph, ids, parent_id) ? 'available' : 'not-available'
    return combine(
      draggable({
        element: row,
        canDrag: () => mayMove && model.state.renaming === null,
        getInitialData: () => {
          const { selected } = model.state
          return { [DRAGGED]: selected.has(id) ? [...selected] : [id] }
        },
      }),
      dropTargetForElements({
        element: row,
        canDrop: ({ source }) => draggedIds(source.data).length > 0,
        getData: ({ input, source }) => {
          const ids = draggedIds(source.data)
          const beside = availability(ids, graph.node(id)?.parent_id ?? null)
          return attachInstruction(
            { id },
            {
              input,
              element: row,
              operations: {
                'reorder-before': beside,
                'reorder-after': beside,
                combine: availability(ids, id),
              },
            },
          )
        },
        onDrag: ({ self }) => setLanding(landingOf(self.data)),
        onDragLeave: () => setLanding(undefined),
        onDrop: () => setLanding(undefined),
      }),
    )
  }, [element, graph, id, model, mayMove])
  return landing
}
