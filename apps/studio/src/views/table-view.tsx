import type { Other, SessionGraph } from '@talus/client'
import { useNode, useRole, useSession } from '@talus/client/react'
import { useVirtualizer } from '@tanstack/react-virtual'
import { ArrowDown, ArrowUp } from 'lucide-react'
import {
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
  type CSSProperties,
  type KeyboardEvent,
  type MouseEvent,
} from 'react'
import { valueOf } from '../inspector/property.js'
import { Avatar, nameOf } from '../parts/avatar.js'
import { TypeMark } from '../parts/type-mark.js'
import type { TreeModel } from '../tree/tree-model.js'
import { useTree } from '../tree/tree-view.js'
import { useActions } from '../work/actions.js'
import { includes, lookOfType } from '../work/schema.js'
import { columnsOf, nodesOf, sorted, type Column, type Sorting } from './columns.js'
import { NUMERIC, TableCell } from './table-cell.js'
import { tableStep } from './table-keys.js'
import { usePlaces } from './use-places.js'
import { useReading } from './use-reading.js'
import { useSorting } from './use-view.js'
import { isOn } from './value.js'

const ROW = 36
const HEAD = 36

type TableProps = {
  /** Nodes of this type are the rows. */
  type_id: string
  model: TreeModel
  onRemove: () => void
}

/** The nodes of one type as a table, a column for each of its properties. */
export function TableView({ type_id, model, onRemove }: TableProps) {
  const { graph } = useSession()
  const actions = useActions()
  const role = useRole()
  const { sorting, sortBy } = useSorting()
  const { columns, ids } = useReading(
    useCallback(
      (read: SessionGraph) => {
        const found = nodesOf(read, type_id)
        const all = columnsOf(read, type_id, found)
        const by = all.find(({ property }) => property.id === sorting?.property_id)
        return {
          columns: all,
          ids: by && sorting ? sorted(read, found, by.property, sorting.isDown) : found,
        }
      },
      [type_id, sorting],
    ),
  )
  const { selected, focus } = useTree(model)
  const places = usePlaces()
  const [active, setActive] = useState(0)
  const [editing, setEditing] = useState<{ id: string; column: number }>()
  const frame = useRef<HTMLDivElement>(null)
  const at = useMemo(() => (focus === null ? -1 : ids.indexOf(focus)), [ids, focus])
  const virtual = useVirtualizer({
    count: ids.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW,
    overscan: 8,
    scrollMargin: HEAD,
    scrollPaddingStart: HEAD,
    getItemKey: (index) => ids[index] ?? index,
  })
  useEffect(() => {
    if (at >= 0) virtual.scrollToIndex(at, { align: 'auto' })
    // Only when the focus moves, not when rows come and go around it.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [focus, virtual])
  useEffect(() => {
    const cell = frame.current?.querySelector('[data-active]')
    cell?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }, [active])

  const mayChange = ({ property }: Column) =>
    includes(role, 'access' in property ? property.access.change : 'editor')

  function edit(id: string, column: number): void {
    const shown = columns[column]
    const node = graph.node(id)
    if (!shown || !node || !mayChange(shown)) return
    const { property } = shown
    // There is nothing to type.
    if (property.type === 'checkbox') {
      void actions.set(id, property.id, !isOn(valueOf(node, property)))
    } else setEditing({ id, column })
  }

  const finish = () => {
    setEditing(undefined)
    frame.current?.focus()
  }

  function press(event: KeyboardEvent): void {
    if (event.target !== event.currentTarget) return
    const { key, shiftKey } = event
    const step = tableStep(event, { row: at, column: active }, [ids.length, columns.length])
    if (step) {
      setActive(step.column)
      const id = ids[step.row]
      if (id !== undefined && step.row !== at) model.choose(id, shiftKey ? 'range' : 'only', ids)
    } else if (focus === null || at < 0) return
    else if (key === 'Enter' || key === 'F2') edit(focus, active)
    else if (key === ' ') model.choose(focus, 'toggle')
    else if (key === 'Delete' || key === 'Backspace') onRemove()
    else return
    event.preventDefault()
  }

  const layout = {
    '--columns': columns
      .map(({ width }, at) => (at === 0 ? `minmax(${width}rem, 1fr)` : `${width}rem`))
      .join(' '),
    '--width': `${columns.reduce((sum, { width }) => sum + width, 0)}rem`,
  }
  const isShown = virtual.getVirtualItems().some(({ index }) => index === at)
  return (
    <div
      ref={frame}
      className="table"
      role="grid"
      tabIndex={0}
      aria-label={graph.template?.typeOf(type_id)?.label ?? type_id}
      aria-rowcount={ids.length + 1}
      aria-colcount={columns.length}
      aria-multiselectable="true"
      aria-activedescendant={isShown ? `cell-${focus}-${active}` : undefined}
      style={layout as CSSProperties}
      onKeyDown={press}
    >
      <div className="table-row table-head" role="row" aria-rowindex={1}>
        {columns.map(({ property }) => (
          <Heading
            key={property.id}
            label={property.label}
            isRequired={property.required}
            isNumeric={NUMERIC.has(property.type)}
            sorting={sorting?.property_id === property.id ? sorting : undefined}
            onSort={() => sortBy(nextSorting(sorting, property.id))}
          />
        ))}
      </div>
      <div className="table-rows" role="presentation" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, start, key }) => {
          const id = ids[index] ?? ''
          return (
            <TableRow
              key={key}
              id={id}
              index={index}
              start={start - HEAD}
              columns={columns}
              isSelected={selected.has(id)}
              active={id === focus ? active : undefined}
              editing={editing?.id === id ? editing.column : undefined}
              mayChange={mayChange}
              others={places.get(id)}
              onPress={(event, column, isAgain) => {
                const how = event.shiftKey
                  ? 'range'
                  : event.ctrlKey || event.metaKey
                    ? 'toggle'
                    : 'only'
                model.choose(id, how, ids)
                setActive(column)
                if (how === 'only' && isAgain) edit(id, column)
                else frame.current?.focus({ preventScroll: true })
              }}
              onDone={finish}
            />
          )
        })}
      </div>
    </div>
  )
}

/** Up, then down, then the order of the tree again. */
function nextSorting(last: Sorting | undefined, property_id: string): Sorting | undefined {
  if (last?.property_id !== property_id) return { property_id, isDown: false }
  return last.isDown ? undefined : { property_id, isDown: true }
}

type HeadingProps = {
  label: string
  isRequired: boolean
  isNumeric: boolean
  sorting: Sorting | undefined
  onSort: () => void
}

function Heading({ label, isRequired, isNumeric, sorting, onSort }: HeadingProps) {
  const order = sorting && (sorting.isDown ? 'descending' : 'ascending')
  return (
    <div
      role="columnheader"
      className={isNumeric ? 'heading numeric' : 'heading'}
      aria-sort={order ?? 'none'}
    >
      <button type="button" title={`Sort by ${label}`} onClick={onSort}>
        {label}
        {isRequired && <span className="required"> *</span>}
        {sorting && (sorting.isDown ? <ArrowDown /> : <ArrowUp />)}
      </button>
    </div>
  )
}

type RowProps = {
  id: string
  index: number
  start: number
  columns: readonly Column[]
  isSelected: boolean
  /** The column that the keyboard is at, if it is in this row. */
  active: number | undefined
  editing: number | undefined
  mayChange: (column: Column) => boolean
  others: readonly Other[] | undefined
  /** `isAgain`: the keyboard was there before. */
  onPress: (event: MouseEvent, column: number, isAgain: boolean) => void
  onDone: () => void
}

function TableRow(props: RowProps) {
  const { id, index, start, columns, isSelected, active, editing, others = [] } = props
  const { graph } = useSession()
  const node = useNode(id)
  if (!node) return null
  const look = lookOfType(graph.template, node.blueprint_type_id)
  return (
    <div
      role="row"
      className="table-row"
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      data-id={id}
      data-focused={active !== undefined || undefined}
      style={{ transform: `translateY(${start}px)` }}
    >
      {columns.map((column, at) => {
        const { property } = column
        const isActive = active === at
        return (
          <TableCell
            key={property.id}
            id={`cell-${id}-${at}`}
            node={node}
            property={property}
            column={at + 1}
            isActive={isActive}
            isEditing={editing === at}
            mayEdit={props.mayChange(column)}
            editor={others.find(({ state }) => state['editing'] === property.id)}
            mark={at === 0 ? <TypeMark look={look} /> : null}
            people={
              at === 0 && others.length > 0 ? (
                <span className="row-people">
                  {others.slice(0, 3).map(({ client_id, actor }) => (
                    <Avatar key={client_id} actor={actor} isSmall />
                  ))}
                  <span className="visually-hidden">
                    , {others.map(({ actor }) => nameOf(actor)).join(' and ')} here
                  </span>
                </span>
              ) : null
            }
            onPress={(event) => props.onPress(event, at, isActive)}
            onDone={props.onDone}
          />
        )
      })}
    </div>
  )
}
