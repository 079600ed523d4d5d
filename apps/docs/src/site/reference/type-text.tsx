import { Fragment, type ReactNode } from 'react'
import type { Schema } from '../../contract.js'
import { isSchema } from '../../schema-parts.js'
import { placeOf, siteLink } from '../places.js'
import { SchemaNames } from './schema-names.js'

const literal = (value: unknown) => <code>{JSON.stringify(value)}</code>

function alternatives(parts: readonly ReactNode[]): ReactNode {
  return parts.map((part, index) => (
    <Fragment key={index}>
      {index > 0 && ' | '}
      {part}
    </Fragment>
  ))
}

function objectText({ properties, patternProperties }: Schema): ReactNode {
  const [value] = isSchema(patternProperties)
    ? Object.values(patternProperties as Record<string, Schema>)
    : []
  if (value !== undefined) return <>object of {typeText(value)}</>
  const keys = Object.keys((properties ?? {}) as object)
  return keys.length === 1 ? <code>{`{ ${keys[0]} }`}</code> : 'object'
}

function arrayText(items: unknown): ReactNode {
  return <>list of {isSchema(items) ? typeText(items) : 'values'}</>
}

/** The type of a field, with links to models. */
export function typeText(schema: Schema): ReactNode {
  const name = SchemaNames.nameOf(schema)
  if (name !== undefined) return <a href={siteLink(placeOf.model(name))}>{name}</a>
  const { anyOf, enum: values, const: constant, type, items } = schema
  if (constant !== undefined) return literal(constant)
  if (Array.isArray(values)) return alternatives(values.map(literal))
  if (Array.isArray(anyOf)) return alternatives((anyOf as Schema[]).map(typeText))
  if (type === 'array') return arrayText(items)
  if (type === 'object' || 'allOf' in schema) return objectText(schema)
  return typeof type === 'string' ? type : 'any JSON value'
}
