import type { Schema } from '../../contract.js'

const count = (value: unknown) => Number(value).toLocaleString('en')

function range(least: unknown, most: unknown, what: string): string[] {
  if (least === undefined && most === undefined) return []
  if (most === undefined) return [`at least ${count(least)}${what}`]
  if (least === undefined || least === 0) return [`at most ${count(most)}${what}`]
  return [`${count(least)} to ${count(most)}${what}`]
}

/** What a schema allows, in words, beside its type. */
export function limitsOf(schema: Schema): string[] {
  const { minLength, maxLength, minimum, maximum, minItems, maxItems } = schema
  const { pattern, format, default: initial } = schema
  return [
    ...range(minLength, maxLength, ' characters'),
    ...range(minimum, maximum, ''),
    ...range(minItems, maxItems, ' items'),
    ...(typeof pattern === 'string' ? [`matches \`${pattern}\``] : []),
    ...(typeof format === 'string' ? [`format \`${format}\``] : []),
    ...(initial === undefined ? [] : [`default \`${JSON.stringify(initial)}\``]),
  ]
}
