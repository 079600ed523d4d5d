import { figure } from '../report.js'
import { median } from '../statistics.js'

/** One figure, and what it should be. */
export type Finding = {
  /** Of the goal, such as P9. */
  id?: string
  what: string
  value: number
  /** Written behind the value, such as ` ms` or `×`. */
  unit: string
  /** Lowest and highest of the rounds. */
  range?: [low: number, high: number]
  /** At most this, to meet the goal; no goal when absent. */
  bound?: number
}

/** What one part of the size report found. */
export type Findings = {
  title: string
  /** Cells, the head first; the first column holds words. */
  tables: string[][][]
  list: Finding[]
}

type Named = Omit<Finding, 'value' | 'range'>

/** The median of some rounds. */
export function medianOf(named: Named, rounds: readonly number[]): Finding {
  return { ...named, value: median(rounds), range: [Math.min(...rounds), Math.max(...rounds)] }
}

/**
 * How many times as much as `floor` it was: of the medians; the range is that of the rounds, each
 * divided by the floor's round beside it.
 */
export function ratioOf(
  named: Omit<Named, 'unit'>,
  rounds: readonly number[],
  floor: readonly number[],
): Finding {
  const ratios = rounds.map((value, i) => value / (floor[i] ?? Number.NaN))
  const range: Finding['range'] = [Math.min(...ratios), Math.max(...ratios)]
  return { ...named, unit: '×', value: median(rounds) / median(floor), range }
}

/** What cannot be compared with its goal, for a figure that is missing, has missed it. */
export function isMet({ value, bound }: Finding): boolean {
  return bound === undefined || value <= bound
}

/** One line: the value, the spread of the rounds, and whether the goal is met. */
export function findingLine(finding: Finding): string {
  const { id, what, value, unit, range, bound } = finding
  const spread = range ? ` (rounds ${range.map(figure).join('–')})` : ''
  const goal =
    bound === undefined
      ? ''
      : `, goal ≤ ${bound.toLocaleString('en')}: ${isMet(finding) ? 'met' : 'missed'}`
  return `- ${id ? `${id} ` : ''}${what}: ${figure(value)}${unit}${spread}${goal}`
}
