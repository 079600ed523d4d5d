import type { JsonObject } from '@talus/protocol'

/** Icon and colour of a type, from the template. */
export type Look = { color: string; shape: string }

const PLAIN: Look = { color: '#64748b', shape: 'circle' }

/** Accepts valid colours only, because templates are untrusted. */
const COLOR = /^#[0-9a-f]{3,8}$/i

export function lookOf(document: JsonObject | undefined): Look {
  const { color, shape } = document ?? {}
  return {
    color: typeof color === 'string' && COLOR.test(color) ? color : PLAIN.color,
    shape: typeof shape === 'string' ? shape : PLAIN.shape,
  }
}

/** The icon of a type in an SVG, centred at 0, 0; `size`: half of its width. */
export function Mark({ color, shape, size }: Look & { size: number }) {
  const square = { x: -size, y: -size, width: 2 * size, height: 2 * size, fill: color }
  switch (shape) {
    case 'hexagon': {
      const [half, high] = [size / 2, size * 0.87]
      const points = [-size, 0, -half, -high, half, -high, size, 0, half, high, -half, high]
      return <polygon points={points.join(' ')} fill={color} />
    }
    case 'rounded':
      return <rect {...square} y={-0.72 * size} height={1.44 * size} rx={0.72 * size} />
    case 'roundedSquare':
      return <rect {...square} rx={size / 2.5} />
    case 'square':
      return <rect {...square} />
    case 'diamond':
      return <polygon points={`0 ${-size} ${size} 0 0 ${size} ${-size} 0`} fill={color} />
    case 'triangle':
      return <polygon points={`0 ${-size} ${size} ${size} ${-size} ${size}`} fill={color} />
    default:
      return <circle r={size} fill={color} />
  }
}

export function TypeMark({ look }: { look: Look }) {
  return (
    <svg className="type-mark" viewBox="-8 -8 16 16" aria-hidden="true">
      <Mark {...look} size={6.5} />
    </svg>
  )
}
