import type { JsonObject } from '@talus/protocol'
import { useId, useMemo, useRef, useState, type KeyboardEvent } from 'react'
import { Minus, Plus } from 'lucide-react'
import { IconButton } from '../parts/button.js'
import { Mark } from '../parts/type-mark.js'
import {
  diagramOf,
  fitting,
  isDetailed,
  LINE,
  linesOf,
  typesOf,
  type Diagram,
  type PlacedType,
} from './diagram-layout.js'
import './diagram.css'

/** Describes a type in a sentence. */
function sentenceOf(type: PlacedType, labels: ReadonlyMap<string, string>): string {
  const named = (ids: readonly string[]) => ids.map((id) => labels.get(id) ?? id).join(', ')
  const { label, above, below, properties, isRoot } = type
  return [
    isRoot ? `${label}, the root of a project` : label,
    above.length > 0 ? `below ${named(above)}` : 'below nothing',
    below.length > 0 ? `holds ${named(below)}` : 'holds nothing',
    `${properties.length} ${properties.length === 1 ? 'property' : 'properties'}`,
  ].join('; ')
}

function Box({ type, lines }: { type: PlacedType; lines: readonly string[] }) {
  const { x, y, width, height, label, look, isRoot, below, id } = type
  const top = lines.length === 0 ? 0 : -height / 2 + 20
  return (
    <g transform={`translate(${x} ${y})`}>
      <rect
        className={isRoot ? 'type-box root' : 'type-box'}
        x={-width / 2}
        y={-height / 2}
        width={width}
        height={height}
        rx={7}
      />
      <g transform={`translate(${-width / 2 + 17} ${top})`}>
        <Mark {...look} size={6.5} />
      </g>
      <text className="type-name" x={-width / 2 + 31} y={top + 4.5}>
        {fitting(label)}
        {below.includes(id) && ' ↻'}
      </text>
      {lines.map((line, index) => (
        <text
          key={line}
          className="type-line"
          x={-width / 2 + 12}
          y={-height / 2 + 44 + index * LINE}
        >
          {fitting(line)}
        </text>
      ))}
    </g>
  )
}

function Lines({ diagram, chosen }: { diagram: Diagram; chosen?: string | undefined }) {
  return diagram.lines.map(({ from, to, path }) => {
    const isNear = chosen === from || chosen === to
    const look = chosen === undefined ? '' : isNear ? ' near' : ' far'
    return <path key={`${from} ${to}`} d={path} className={`type-link${look}`} />
  })
}

/** The types of a template at a glance. */
export function SmallDiagram({ template }: { template: JsonObject }) {
  const diagram = useMemo(() => diagramOf(typesOf(template), true), [template])
  const { types, width, height } = diagram
  return (
    <svg
      className="small-diagram"
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={`Types: ${types.map(({ label }) => label).join(', ')}`}
    >
      <Lines diagram={diagram} />
      {types.map((type) => (
        <Box key={type.id} type={type} lines={[]} />
      ))}
    </svg>
  )
}

const ZOOMS = [0.5, 0.65, 0.8, 1, 1.25, 1.6]

/** As much smaller as it may get for all of its width to be seen. */
const LEAST_FIT = 0.62

type TypeDiagramProps = {
  template: JsonObject
  chosen: string | undefined
  onChoose: (id: string) => void
}

/** The types of a template: which may stand below which, and what they have. */
export function TypeDiagram({ template, chosen, onChoose }: TypeDiagramProps) {
  const helpId = useId()
  const { diagram, labels } = useMemo(() => {
    const types = typesOf(template)
    return {
      diagram: diagramOf(types, false),
      labels: new Map(types.map(({ id, label }) => [id, label])),
    }
  }, [template])
  const { types, width, height } = diagram
  const detailed = isDetailed(types.length, false)
  const [zoom, setZoom] = useState<number>()
  const frame = useRef<SVGSVGElement>(null)
  const focusable = types.some(({ id }) => id === chosen) ? chosen : types[0]?.id

  function go(event: KeyboardEvent, type: PlacedType): void {
    const next = neighbour(types, type, event.key)
    if (!next) return
    event.preventDefault()
    onChoose(next.id)
    frame.current?.querySelector<SVGGElement>(`[data-type="${CSS.escape(next.id)}"]`)?.focus()
  }

  const step = zoom ?? ZOOMS.indexOf(1)
  const scale = ZOOMS[step] ?? 1
  return (
    <div className="type-diagram">
      <div className="diagram-tools">
        <p id={helpId} className="quiet">
          Arrow keys go to the type in that direction. ↻ may stand below itself, * is required.
        </p>
        <IconButton label="Smaller" disabled={step === 0} onClick={() => setZoom(step - 1)}>
          <Minus />
        </IconButton>
        <IconButton
          label="Larger"
          disabled={step === ZOOMS.length - 1}
          onClick={() => setZoom(step + 1)}
        >
          <Plus />
        </IconButton>
      </div>
      <div className="diagram-frame">
        <svg
          ref={frame}
          viewBox={`0 0 ${width} ${height}`}
          style={
            zoom === undefined
              ? { width: '100%', minWidth: width * LEAST_FIT, maxWidth: width }
              : { width: width * scale }
          }
          role="group"
          aria-label="Types of the template"
          aria-describedby={helpId}
        >
          <Lines diagram={diagram} chosen={chosen} />
          {types.map((type) => (
            <g
              key={type.id}
              data-type={type.id}
              className={type.id === chosen ? 'diagram-type chosen' : 'diagram-type'}
              role="button"
              tabIndex={type.id === focusable ? 0 : -1}
              aria-pressed={type.id === chosen}
              aria-describedby={`${helpId}-${type.id}`}
              onClick={() => onChoose(type.id)}
              onFocus={({ currentTarget }) =>
                currentTarget.scrollIntoView({ block: 'nearest', inline: 'nearest' })
              }
              onKeyDown={(event) => {
                if (event.key === 'Enter' || event.key === ' ') {
                  event.preventDefault()
                  onChoose(type.id)
                } else go(event, type)
              }}
            >
              <Box type={type} lines={linesOf(type, detailed)} />
            </g>
          ))}
        </svg>
      </div>
      <div hidden>
        {types.map((type) => (
          <p key={type.id} id={`${helpId}-${type.id}`}>
            {sentenceOf(type, labels)}
          </p>
        ))}
      </div>
    </div>
  )
}

/** The nearest type in the direction of an arrow; what is beside the way counts double. */
function neighbour(
  types: readonly PlacedType[],
  from: PlacedType,
  key: string,
): PlacedType | undefined {
  if (key === 'Home') return types[0]
  if (key === 'End') return types.at(-1)
  const ways: Record<string, readonly [number, number]> = {
    ArrowRight: [1, 0],
    ArrowLeft: [-1, 0],
    ArrowDown: [0, 1],
    ArrowUp: [0, -1],
  }
  const way = ways[key]
  if (!way) return undefined
  const [right, down] = way
  let best: PlacedType | undefined
  let least = Infinity
  for (const type of types) {
    const [dx, dy] = [type.x - from.x, type.y - from.y]
    const along = dx * right + dy * down
    if (along <= 1) continue
    const far = along + 2 * Math.abs(dx * down + dy * right)
    if (far < least) [best, least] = [type, far]
  }
  return best
}
