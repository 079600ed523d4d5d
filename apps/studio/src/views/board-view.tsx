import {
  draggable,
  dropTargetForElements,
  monitorForElements,
} from '@atlaskit/pragmatic-drag-and-drop/element/adapter'
import type { Other, SessionGraph } from '@talus/client'
import { useNode, useRole, useSession } from '@talus/client/react'
import { useVirtualizer } from '@tanstack/react-virtual'
import {
  useCallback,
  useEffect,
  useRef,
  useState,
  type KeyboardEvent,
  type MouseEvent,
} from 'react'
import { colorOf, nameOf, Avatar } from '../parts/avatar.js'
import { OptionMark } from '../parts/option-mark.js'
import { TypeMark } from '../parts/type-mark.js'
import { DRAGGED, draggedIds } from '../tree/use-row-drag.js'
import type { TreeModel } from '../tree/tree-model.js'
import { useTree } from '../tree/tree-view.js'
import { useActions } from '../work/actions.js'
import { includes, labelOf, lookOfNode } from '../work/schema.js'
import { boardOf, choiceIn, type Lane } from './lanes.js'
import { usePlaces } from './use-places.js'
import { useReading } from './use-reading.js'

const CARD = 68

type BoardProps = {
  /** The `select` property that determines the columns. */
  property_id: string
  model: TreeModel
  onRemove: () => void
}

/** Nodes as cards, with a column for each option of a property, in tree order. */
export function BoardView({ property_id, model, onRemove }: BoardProps) {
  const { graph } = useSession()
  const actions = useActions()
  const lanes = useReading(
    useCallback((read: SessionGraph) => boardOf(read, property_id), [property_id]),
  )
  const { selected, focus } = useTree(model)
  const order = lanes.flatMap(({ ids }) => ids)

  const put = useCallback(
    (ids: readonly string[], lane_id: string) => {
      const values = ids.flatMap((id) => {
        const choice = choiceIn(graph, property_id, id, lane_id)
        return choice === undefined ? [] : [{ id, value: choice }]
      })
      actions.setMany(values, property_id)
    },
    [actions, graph, property_id],
  )

  useEffect(
    () =>
      monitorForElements({
        canMonitor: ({ source }) => draggedIds(source.data).length > 0,
        onDrop: ({ source, location }) => {
          const lane_id = location.current.dropTargets[0]?.data['lane']
          if (typeof lane_id === 'string') put(draggedIds(source.data), lane_id)
        },
      }),
    [put],
  )

  function press(event: KeyboardEvent): void {
    const { key, altKey, shiftKey } = event
    const at = lanes.findIndex(({ ids }) => ids.includes(focus ?? ''))
    const lane = lanes[at]
    if (!lane || focus === null) {
      const [first] = order
      if (first !== undefined && key.startsWith('Arrow')) model.choose(first)
      return
    }
    const place = lane.ids.indexOf(focus)
    const side = { ArrowLeft: -1, ArrowRight: 1 }[key]
    const step = { ArrowUp: -1, ArrowDown: 1 }[key]
    if (side !== undefined && altKey) {
      const next = lanes[at + side]
      if (next) put(selected.has(focus) ? [...selected] : [focus], next.id)
    } else if (side !== undefined) {
      const ahead = side < 0 ? lanes.slice(0, at).toReversed() : lanes.slice(at + 1)
      const next = ahead.find(({ ids }) => ids.length > 0)
      const id = next?.ids[Math.min(place, next.ids.length - 1)]
      if (id !== undefined) model.choose(id)
    } else if (step !== undefined) {
      const id = lane.ids[place + step]
      if (id !== undefined) model.choose(id, shiftKey ? 'range' : 'only', order)
    } else if (key === ' ') model.choose(focus, 'toggle')
    else if (key === 'Delete' || key === 'Backspace') onRemove()
    else return
    event.preventDefault()
  }

  return (
    <div
      className="board"
      role="listbox"
      aria-label="Board"
      aria-multiselectable="true"
      aria-activedescendant={order.includes(focus ?? '') ? `card-${focus}` : undefined}
      tabIndex={0}
      onKeyDown={press}
    >
      {lanes.map((lane) => (
        <BoardLane
          key={lane.id}
          lane={lane}
          property_id={property_id}
          model={model}
          selected={selected}
          focus={focus}
          onChoose={(event, id) => {
            const isMore = event.ctrlKey || event.metaKey
            model.choose(id, event.shiftKey ? 'range' : isMore ? 'toggle' : 'only', order)
          }}
        />
      ))}
    </div>
  )
}

type LaneProps = {
  lane: Lane
  property_id: string
  model: TreeModel
  selected: ReadonlySet<string>
  focus: string | null
  onChoose: (event: MouseEvent, id: string) => void
}

function BoardLane({ lane, property_id, model, selected, focus, onChoose }: LaneProps) {
  const { graph } = useSession()
  const places = usePlaces()
  const frame = useRef<HTMLDivElement>(null)
  const cards = useRef<HTMLDivElement>(null)
  const [isOver, setOver] = useState(false)
  const { id: lane_id, ids } = lane
  useEffect(() => {
    const element = frame.current
    if (!element) return undefined
    return dropTargetForElements({
      element,
      canDrop: ({ source }) => {
        const dragged = draggedIds(source.data)
        return (
          dragged.length > 0 &&
          dragged.every((id) => choiceIn(graph, property_id, id, lane_id) !== undefined)
        )
      },
      getData: () => ({ lane: lane_id }),
      onDragEnter: () => setOver(true),
      onDragLeave: () => setOver(false),
      onDrop: () => setOver(false),
    })
  }, [graph, lane_id, property_id])
  const virtual = useVirtualizer({
    count: ids.length,
    getScrollElement: () => cards.current,
    estimateSize: () => CARD,
    overscan: 6,
    getItemKey: (index) => ids[index] ?? index,
  })
  const at = focus === null ? -1 : ids.indexOf(focus)
  useEffect(() => {
    if (at < 0) return
    virtual.scrollToIndex(at, { align: 'auto' })
    frame.current?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
    // Only when the focus moves, not when cards come and go around it.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [focus, virtual])
  return (
    <div
      ref={frame}
      className="lane"
      role="group"
      aria-label={`${lane.name}, ${ids.length}`}
      data-lane={lane.id}
      data-over={isOver || undefined}
    >
      <div className="lane-head" aria-hidden="true">
        <OptionMark {...lane.look} />
        {lane.name}
        <small>{ids.length.toLocaleString('en')}</small>
      </div>
      <div ref={cards} className="lane-cards" role="presentation">
        <div role="presentation" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {virtual.getVirtualItems().map(({ index, start, key }) => {
            const id = ids[index] ?? ''
            return (
              <Card
                key={key}
                id={id}
                property_id={property_id}
                start={start}
                model={model}
                isSelected={selected.has(id)}
                isFocused={focus === id}
                others={places.get(id)}
                onChoose={onChoose}
              />
            )
          })}
        </div>
      </div>
    </div>
  )
}

type CardProps = {
  id: string
  property_id: string
  /** Pixels from the top of its column. */
  start: number
  model: TreeModel
  isSelected: boolean
  isFocused: boolean
  others: readonly Other[] | undefined
  onChoose: (event: MouseEvent, id: string) => void
}

function Card(props: CardProps) {
  const { id, property_id, start, model, isSelected, isFocused, others = [] } = props
  const { graph } = useSession()
  const node = useNode(id)
  const role = useRole()
  const element = useRef<HTMLDivElement>(null)
  const type = node && graph.template?.typeOf(node.blueprint_type_id)
  const mayMove = includes(role, type?.property(property_id)?.access.change ?? 'editor')
  const isThere = node !== undefined
  useEffect(() => {
    const card = element.current
    if (!card) return undefined
    return draggable({
      element: card,
      canDrag: () => mayMove,
      getInitialData: () => {
        const { selected } = model.state
        return { [DRAGGED]: selected.has(id) ? [...selected] : [id] }
      },
    })
  }, [id, model, mayMove, isThere])
  if (!node) return null
  const [editor] = others.filter(({ state }) => typeof state['editing'] === 'string')
  const above = graph.node(node.parent_id ?? '')?.name
  return (
    <div
      ref={element}
      id={`card-${id}`}
      className="board-card"
      role="option"
      aria-selected={isSelected}
      data-id={id}
      data-focused={isFocused || undefined}
      style={{
        transform: `translateY(${start}px)`,
        ...(editor && { borderColor: colorOf(editor.actor.id) }),
      }}
      onClick={(event) => props.onChoose(event, id)}
    >
      <span className="card-name">
        <TypeMark look={lookOfNode(graph, node)} />
        <span className="node-name">{node.name || <em>no name</em>}</span>
        {others.length > 0 && (
          <span className="row-people">
            {others.slice(0, 3).map(({ client_id, actor }) => (
              <Avatar key={client_id} actor={actor} isSmall />
            ))}
            <span className="visually-hidden">
              , {others.map(({ actor }) => nameOf(actor)).join(' and ')} here
            </span>
          </span>
        )}
      </span>
      <small>{above ?? labelOf(graph, node)}</small>
    </div>
  )
}
