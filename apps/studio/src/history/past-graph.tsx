import type { GraphState, Node } from '@talus/protocol'
import { useSession } from '@talus/client/react'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useMemo, useRef, type CSSProperties } from 'react'
import { shownValue } from '../log/words.js'
import { TypeMark } from '../parts/type-mark.js'
import { lookOfType } from '../work/schema.js'

const ROW = 30

type PastProps = {
  state: GraphState
  /** Nodes that the last entry changed. */
  touched: ReadonlySet<string>
  chosen: string | undefined
  onChoose: (id: string) => void
}

type Placed = { node: Node; level: number }

/** Nodes in pre-order with their depth. */
function placed(nodes: readonly Node[]): Placed[] {
  const levels = new Map<string, number>()
  return nodes.map((node) => {
    const level = node.parent_id === null ? 0 : (levels.get(node.parent_id) ?? 0) + 1
    levels.set(node.id, level)
    return { node, level }
  })
}

/** An earlier graph, read-only. */
export function PastGraph({ state, touched, chosen, onChoose }: PastProps) {
  const { graph } = useSession()
  const rows = useMemo(() => placed(state.nodes), [state])
  const frame = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW,
    overscan: 10,
    getItemKey: (index) => rows[index]?.node.id ?? index,
  })
  return (
    <div ref={frame} className="past-graph">
      {rows.length === 0 && <p className="quiet nothing">There was nothing.</p>}
      <ul style={{ height: virtual.getTotalSize() }} aria-label="Nodes at that time">
        {virtual.getVirtualItems().map(({ index, start, key }) => {
          const row = rows[index]
          if (!row) return null
          const { node, level } = row
          const style = { transform: `translateY(${start}px)`, '--level': level } as CSSProperties
          return (
            <li key={key} style={style}>
              <button
                type="button"
                className="past-row"
                aria-pressed={node.id === chosen}
                data-touched={touched.has(node.id) || undefined}
                onClick={() => onChoose(node.id)}
              >
                <TypeMark look={lookOfType(graph.template, node.blueprint_type_id)} />
                <span className="node-name">{node.name || <em>no name</em>}</span>
                {touched.has(node.id) && <span className="touched">touched</span>}
              </button>
            </li>
          )
        })}
      </ul>
    </div>
  )
}

/** What a node held. */
export function PastNode({ node }: { node: Node }) {
  const { graph } = useSession()
  const type = graph.template?.typeOf(node.blueprint_type_id)
  const held = Object.entries(node.properties)
  return (
    <div className="past-node">
      <h3>{node.name || 'No name'}</h3>
      <dl className="facts">
        <dt>Type</dt>
        <dd>{type?.label ?? node.blueprint_type_id}</dd>
        {held.map(([key, value]) => (
          <div key={key} className="fact">
            <dt>{type?.property(key)?.label ?? key}</dt>
            <dd>{graph.node(shownValue(value))?.name ?? shownValue(value)}</dd>
          </div>
        ))}
      </dl>
    </div>
  )
}
