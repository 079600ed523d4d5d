import type { TSchema } from 'typebox'
import type { Dealer } from '../convergence/dealer.js'
import { hostileValue } from './hostile-json.js'

/** A text for a field of this name, e.g. an id that there is. */
export type TextFor = (field: string) => string

type Loose = {
  type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean' | 'null'
  const?: unknown
  enum?: unknown[]
  anyOf?: TSchema[]
  items?: TSchema
  properties?: Record<string, TSchema>
  required?: string[]
  patternProperties?: Record<string, TSchema>
  minimum?: number
  maximum?: number
  maxItems?: number
}

const NUMBERS = [0, 0, 1, 1, 2, 3, 7, 100, 1_000, Number.MAX_SAFE_INTEGER]

/** Makes values that a schema of the contract accepts, most of the time. */
export class SchemaValues {
  readonly #dealer: Dealer
  readonly #textFor: TextFor

  constructor(dealer: Dealer, textFor: TextFor) {
    this.#dealer = dealer
    this.#textFor = textFor
  }

  /** A value; `field` is the name that it stands under. */
  of(schema: TSchema, field = ''): unknown {
    const loose = schema as Loose
    if ('const' in loose) return loose.const
    if (loose.enum) return this.#dealer.pick(loose.enum)
    if (loose.anyOf) return this.of(this.#dealer.pick(loose.anyOf), field)
    switch (loose.type) {
      case 'object':
        return this.#object(loose)
      case 'array':
        return this.#list(loose, field)
      case 'string':
        return this.#textFor(field)
      case 'integer':
      case 'number':
        return this.#number(loose)
      case 'boolean':
        return this.#dealer.chance(50)
      case 'null':
        return null
      case undefined:
        return this.#anything()
      default:
        return loose.type satisfies never
    }
  }

  /** Any JSON value that can be written again: what is nested beyond that goes out as text only. */
  #anything(): unknown {
    const text = hostileValue(this.#dealer)
    return text.length > 30_000 ? null : (JSON.parse(text) as unknown)
  }

  #object({ properties = {}, required = [], patternProperties }: Loose): object {
    const wanted = Object.entries(properties).filter(
      ([name]) => required.includes(name) || this.#dealer.chance(40),
    )
    const [any] = Object.values(patternProperties ?? {})
    const names = any ? Array.from({ length: this.#dealer.below(3) }, (_, i) => `p${i}`) : []
    return Object.fromEntries([
      ...wanted.map(([name, schema]) => [name, this.of(schema, name)]),
      ...names.map((name) => [name, any && this.of(any, name)]),
    ]) as object
  }

  #list({ items, maxItems = 3 }: Loose, field: string): unknown[] {
    const length = this.#dealer.below(Math.min(maxItems, 3) + 1)
    return Array.from({ length }, () => (items ? this.of(items, field) : null))
  }

  #number({ minimum = 0, maximum = Infinity }: Loose): number {
    return Math.min(maximum, Math.max(minimum, this.#dealer.pick(NUMBERS)))
  }
}
