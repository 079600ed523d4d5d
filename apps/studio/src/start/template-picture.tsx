import type { JsonObject } from '@talus/protocol'
import { useMemo } from 'react'
import { Mark } from '../parts/type-mark.js'
import { pictureOf } from './type-layers.js'

const WIDTH = 300
const LAYER = 58
const MOST_LETTERS = 13

const short = (label: string) =>
  label.length > MOST_LETTERS ? `${label.slice(0, MOST_LETTERS - 1)}…` : label

/** The types of a template and what stands below what. */
export function TemplatePicture({ template }: { template: JsonObject }) {
  const { types, lines, layers } = useMemo(() => pictureOf(template), [template])
  const at = ({ x, y }: { x: number; y: number }) => ({ x: x * WIDTH, y: y * LAYER + 18 })
  return (
    <svg
      className="template-picture"
      viewBox={`0 0 ${WIDTH} ${Math.max(layers, 1) * LAYER}`}
      role="img"
      aria-label={`Types: ${types.map(({ label }) => label).join(', ')}`}
    >
      {lines.map(({ from, to }) => {
        const [a, b] = [at(from), at(to)]
        const middle = (a.y + b.y) / 2 + 8
        const path = `M${a.x} ${a.y + 22} C${a.x} ${middle + 4} ${b.x} ${middle - 8} ${b.x} ${b.y - 10}`
        return <path key={`${from.id} ${to.id}`} d={path} className="template-line" />
      })}
      {types.map((type) => {
        const { x, y } = at(type)
        return (
          <g key={type.id} transform={`translate(${x} ${y})`}>
            <Mark {...type.look} size={7.5} />
            <text y={19} textAnchor="middle" className="template-label">
              {short(type.label)}
            </text>
          </g>
        )
      })}
    </svg>
  )
}
