import type { GraphNode, SessionGraph } from '@talus/client'
import type { JsonValue } from '@talus/protocol'
import { Check } from 'lucide-react'
import { valueOf, writtenOf, type Property } from '../inspector/property.js'
import { OptionMark } from '../parts/option-mark.js'
import { isReference, lookOfOption, typeOf } from '../work/schema.js'

const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeZone: 'UTC' })

export const isOn = (value: JsonValue) =>
  value === true || (typeof value === 'string' && value.toLowerCase() === 'true')

function textOf(graph: SessionGraph, property: Property, value: JsonValue): string {
  if (Array.isArray(value)) return value.map((one) => textOf(graph, property, one)).join(', ')
  if (typeof value === 'number') return value.toLocaleString()
  if (typeof value !== 'string') return JSON.stringify(value)
  if (isReference(property)) return graph.node(value)?.name ?? value
  if (property.type === 'date' && /^\d{4}-\d{2}-\d{2}$/.test(value)) {
    const day = Date.parse(value)
    return Number.isNaN(day) ? value : DAY.format(day)
  }
  return value
}

type ValueProps = { graph: SessionGraph; node: GraphNode; property: Property }

/** A read-only value; renders nothing if there is none. */
export function Value({ graph, node, property }: ValueProps) {
  const value = valueOf(node, property)
  if (property.type === 'checkbox') {
    return isOn(value) ? <Check role="img" aria-label="yes" /> : null
  }
  if (value === null || value === '') return null
  const option = 'option' in property ? property.option(value) : undefined
  if (option) {
    return (
      <>
        <OptionMark {...lookOfOption(writtenOf(graph, typeOf(graph, node), property), option)} />
        {option.name}
      </>
    )
  }
  return textOf(graph, property, value)
}
