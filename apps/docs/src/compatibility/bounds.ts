import type { Schema } from '../contract.js'

const LOWER = ['minLength', 'minimum', 'exclusiveMinimum', 'minItems', 'minProperties']
const UPPER = ['maxLength', 'maximum', 'exclusiveMaximum', 'maxItems', 'maxProperties']
/** Whether one lets through less than another cannot be told. */
const EXACT = ['pattern', 'format', 'uniqueItems', 'multipleOf']

/** A keyword that does not hold inside as it does outside, with its two values. */
type Looser = { keyword: string; ends: [inner: string, outer: string] }

function isLooser(keyword: string, inner: unknown, outer: unknown): boolean {
  if (outer === undefined || inner === outer) return false
  if (EXACT.includes(keyword)) return true
  if (typeof inner !== 'number' || typeof outer !== 'number') return true
  return LOWER.includes(keyword) ? inner < outer : inner > outer
}

function shown(value: unknown): string {
  if (value === undefined) return 'none'
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** The bounds of `outer` that values of `inner` may break. */
export function compareBounds(inner: Schema, outer: Schema): Looser[] {
  return [...LOWER, ...UPPER, ...EXACT]
    .filter((keyword) => isLooser(keyword, inner[keyword], outer[keyword]))
    .map((keyword) => ({
      keyword,
      ends: [shown(inner[keyword]), shown(outer[keyword])],
    }))
}
