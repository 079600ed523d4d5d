import { monitorForElements } from '@atlaskit/pragmatic-drag-and-drop/element/adapter'
import { useRole, useSession } from '@talus/client/react'
import { defaultRangeExtractor, useVirtualizer, type Range } from '@tanstack/react-virtual'
import { useCallback, useEffect, useMemo, useRef, useSyncExternalStore } from 'react'
import { useActions } from '../work/actions.js'
import { includes } from '../work/schema.js'
import { usePlaces } from '../views/use-places.js'
import { TreeKeys, type TreeCommands } from './tree-keys.js'
import { TreeMenu } from './tree-menu.js'
import type { TreeModel } from './tree-model.js'
import { rowId, TreeRow } from './tree-row.js'
import { draggedIds, landingOf } from './use-row-drag.js'

const ROW = 32

export function useTree(model: TreeModel) {
  return useSyncExternalStore(model.subscribe, () => model.state)
}

type TreeProps = { model: TreeModel; commands: TreeCommands; onMove: () => void }

/** The nodes of the session as a virtualized tree. */
export function TreeView({ model, commands, onMove }: TreeProps) {
  const { graph } = useSession()
  const actions = useActions()
  const mayEdit = includes(useRole(), 'editor')
  const people = usePlaces()
  const { rows, expanded, selected, focus, renaming, cut } = useTree(model)
  const frame = useRef<HTMLDivElement>(null)
  const keys = useMemo(
    () => new TreeKeys(model, (id) => graph.node(id)?.name ?? ''),
    [model, graph],
  )
  const focusIndex = useMemo(() => rows.findIndex(({ id }) => id === focus), [rows, focus])

  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW,
    overscan: 10,
    getItemKey: (index) => rows[index]?.id ?? index,
    // The row of the keyboard stays in the page: assistive technology is pointed at it.
    rangeExtractor: useCallback(
      (range: Range) => {
        const shown = defaultRangeExtractor(range)
        const isAway = focusIndex >= 0 && !shown.includes(focusIndex)
        return isAway ? [...shown, focusIndex].toSorted((a, b) => a - b) : shown
      },
      [focusIndex],
    ),
  })

  useEffect(() => {
    if (focusIndex >= 0) virtual.scrollToIndex(focusIndex, { align: 'auto' })
    // Only when the focus moves, not when rows come and go around it.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [focus, virtual])

  // What was renamed gives the keyboard back.
  const wasRenaming = useRef(false)
  useEffect(() => {
    if (wasRenaming.current && renaming === null) frame.current?.focus()
    wasRenaming.current = renaming !== null
  }, [renaming])

  useEffect(
    () =>
      monitorForElements({
        canMonitor: ({ source }) => draggedIds(source.data).length > 0,
        onDrop: ({ source, location }) => {
          const [target] = location.current.dropTargets
          const landing = target && landingOf(target.data)
          const id = String(target?.data['id'])
          const node = graph.node(id)
          if (!landing || !node) return
          const ids = draggedIds(source.data)
          if (landing === 'below') {
            actions.move(ids, { parent_id: id })
            model.expand([id])
          } else {
            const position = landing === 'before' ? { before: id } : { after: id }
            actions.move(ids, { parent_id: node.parent_id, position })
          }
        },
      }),
    [actions, graph, model],
  )

  return (
    <TreeMenu model={model} commands={commands} mayEdit={mayEdit} onMove={onMove}>
      <div
        ref={frame}
        className="tree"
        role="tree"
        aria-label="Nodes"
        aria-multiselectable="true"
        aria-activedescendant={focus === null ? undefined : rowId(focus)}
        tabIndex={0}
        onKeyDown={(event) => {
          if (event.target !== event.currentTarget) return
          if (keys.press(event, commands)) event.preventDefault()
        }}
      >
        <div className="tree-rows" role="presentation" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start, key }) => {
            const row = rows[index]
            if (!row) return null
            const { id } = row
            return (
              <TreeRow
                key={key}
                row={row}
                model={model}
                start={start}
                isExpanded={expanded.has(id)}
                isSelected={selected.has(id)}
                isFocused={id === focus}
                isRenaming={id === renaming}
                isCut={cut.has(id)}
                mayEdit={mayEdit}
                others={people.get(id)}
              />
            )
          })}
        </div>
      </div>
    </TreeMenu>
  )
}
