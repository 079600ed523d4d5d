import type { Other } from '@talus/client'
import { useNode, useSession } from '@talus/client/react'
import { ChevronRight } from 'lucide-react'
import { memo, useEffect, useRef, useState, type CSSProperties, type MouseEvent } from 'react'
import { Avatar } from '../parts/avatar.js'
import { TypeMark } from '../parts/type-mark.js'
import { useActions } from '../work/actions.js'
import { labelOf, lookOfNode } from '../work/schema.js'
import { NodeBadge } from './node-badge.js'
import type { Row } from './rows.js'
import type { TreeModel } from './tree-model.js'
import { useRowDrag } from './use-row-drag.js'

type RowProps = {
  row: Row
  model: TreeModel
  /** Pixels from the top of the tree. */
  start: number
  isExpanded: boolean
  isSelected: boolean
  isFocused: boolean
  isRenaming: boolean
  isCut: boolean
  mayEdit: boolean
  others: readonly Other[] | undefined
}

export const rowId = (id: string) => `node-${id}`

export const TreeRow = memo(function TreeRow(props: RowProps) {
  const { row, model, start, isExpanded, isSelected, isFocused, isRenaming, others } = props
  const { id, level, hasChildren } = row
  const { graph } = useSession()
  const node = useNode(id)
  const element = useRef<HTMLDivElement>(null)
  const landing = useRowDrag({ element, id, model, mayMove: props.mayEdit })
  if (!node) return null

  function choose(event: MouseEvent): void {
    if (event.shiftKey) model.choose(id, 'range')
    else model.choose(id, event.ctrlKey || event.metaKey ? 'toggle' : 'only')
  }

  const style = { transform: `translateY(${start}px)`, '--level': level - 1 } as CSSProperties
  return (
    <div
      ref={element}
      id={rowId(id)}
      className="tree-row"
      style={style}
      role="treeitem"
      aria-level={level}
      aria-posinset={row.position}
      aria-setsize={row.siblings}
      aria-selected={isSelected}
      {...(hasChildren && { 'aria-expanded': isExpanded })}
      data-id={id}
      data-focused={isFocused || undefined}
      data-cut={props.isCut || undefined}
      data-landing={landing}
      onClick={choose}
      onDoubleClick={() => props.mayEdit && model.rename(id)}
      onContextMenu={() => isSelected || model.choose(id)}
    >
      <span
        className="chevron"
        aria-hidden="true"
        onClick={(event) => {
          if (!hasChildren) return
          event.stopPropagation()
          if (isExpanded) model.collapse(id)
          else model.expand([id])
        }}
      >
        {hasChildren && <ChevronRight />}
      </span>
      <TypeMark look={lookOfNode(graph, node)} />
      {isRenaming ? (
        <Rename id={id} name={node.name} onDone={() => model.rename(null)} />
      ) : (
        <span className="node-name">{node.name || <em>no name</em>}</span>
      )}
      <span className="visually-hidden">, {labelOf(graph, node)}</span>
      <NodeBadge node={node} />
      {others && (
        <span className="row-people">
          {others.slice(0, 3).map(({ client_id, actor }) => (
            <Avatar key={client_id} actor={actor} isSmall />
          ))}
          <span className="visually-hidden">
            , {others.map(({ actor }) => actor.name ?? actor.id).join(' and ')} here
          </span>
        </span>
      )}
    </div>
  )
})

function Rename({ id, name, onDone }: { id: string; name: string; onDone: () => void }) {
  const actions = useActions()
  const [text, setText] = useState(name)
  const input = useRef<HTMLInputElement>(null)
  const isDone = useRef(false)

  useEffect(() => {
    input.current?.focus()
    input.current?.select()
  }, [])

  function finish(isKept: boolean): void {
    // Leaving the field by a key blurs it as well.
    if (isDone.current) return
    isDone.current = true
    if (isKept && text.trim() !== '' && text !== name) void actions.set(id, 'name', text)
    onDone()
  }

  return (
    <input
      ref={input}
      className="rename"
      aria-label="Name"
      value={text}
      onChange={({ target }) => setText(target.value)}
      onClick={(event) => event.stopPropagation()}
      onDoubleClick={(event) => event.stopPropagation()}
      onKeyDown={(event) => {
        event.stopPropagation()
        if (event.key === 'Enter' && !event.nativeEvent.isComposing) finish(true)
        if (event.key === 'Escape') finish(false)
      }}
      onBlur={() => finish(true)}
    />
  )
}
