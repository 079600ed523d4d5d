import type { Schema } from '../../contract.js'
import { isSchema } from '../../schema-parts.js'
import { limitsOf } from './limits.js'
import { SchemaNames } from './schema-names.js'

/** A field of a message, with those inside it; `path` is `undo.skipped[].node_id`. */
export type Field = {
  path: string
  required: boolean
  /** With references to models. */
  schema: Schema
  limits: string[]
}

/** One of the forms that a message may have: fields, or, without them, a value of one type. */
export type Shape = {
  /** What tells this form from the others. */
  label?: string
  /** The model that it is. */
  model?: string
  description?: string
  fields: Field[]
  /** What it is, when it has no fields. */
  value?: Schema
  limits: string[]
}

type Properties = Record<string, Schema>

const propertiesOf = (schema: Schema) => (schema['properties'] ?? {}) as Properties
const requiredOf = (schema: Schema) => (schema['required'] ?? []) as string[]
const listOf = (schema: Schema, keyword: 'anyOf' | 'allOf') =>
  schema[keyword] as Schema[] | undefined

export const textOf = (schema: Schema, keyword: string): string | undefined =>
  typeof schema[keyword] === 'string' ? schema[keyword] : undefined

const isNull = ({ type }: Schema) => type === 'null'
const hasFields = (schema: Schema) => Object.keys(propertiesOf(schema)).length > 0

export class Shapes {
  readonly #names: SchemaNames

  constructor(names: SchemaNames) {
    this.#names = names
  }

  /** The forms of a message of the contract. */
  of(schema: Schema): Shape[] {
    return this.#formsOf(this.#names.named(schema))
  }

  /** The forms of a model. */
  ofModel(name: string): Shape[] {
    return this.#formsOf(this.#names.body(name))
  }

  #formsOf(schema: Schema): Shape[] {
    const name = SchemaNames.nameOf(schema)
    if (name !== undefined) {
      const forms = this.ofModel(name)
      return forms.length === 1 ? forms.map((form) => ({ ...form, model: name })) : forms
    }
    const variants = listOf(schema, 'anyOf')
    const isOfObjects = variants?.some((variant) => this.#isObject(variant))
    if (variants === undefined || !isOfObjects) return [this.#formOf(schema)]
    return variants.flatMap((variant) =>
      this.#formsOf(variant).map((form) => ({
        ...form,
        label: form.label ?? this.#label(variant),
      })),
    )
  }

  #isObject(schema: Schema): boolean {
    const name = SchemaNames.nameOf(schema)
    if (name !== undefined) return this.#isObject(this.#names.body(name))
    return hasFields(schema) || (listOf(schema, 'allOf') ?? []).some((part) => this.#isObject(part))
  }

  /** All parts of an intersection as one object. */
  #merged(schema: Schema): Schema {
    const parts = (listOf(schema, 'allOf') ?? []).map((part) => {
      const name = SchemaNames.nameOf(part)
      return this.#merged(name === undefined ? part : this.#names.body(name))
    })
    if (parts.length === 0) return schema
    return {
      type: 'object',
      required: parts.flatMap(requiredOf),
      properties: Object.assign({}, ...parts.map(propertiesOf)) as Properties,
    }
  }

  #formOf(schema: Schema): Shape {
    const merged = this.#merged(schema)
    const description = textOf(schema, 'description')
    const about = {
      ...(description === undefined ? {} : { description }),
      limits: limitsOf(merged),
    }
    return hasFields(merged)
      ? { ...about, fields: this.#fieldsOf(merged, '') }
      : { ...about, fields: [], value: merged }
  }

  /** What tells a form from the others: its model, or the fields that can have one value only. */
  #label(variant: Schema): string {
    const name = SchemaNames.nameOf(variant)
    const schema = this.#merged(name === undefined ? variant : this.#names.body(name))
    const fixed = Object.entries(propertiesOf(schema)).flatMap(([key, { const: value }]) =>
      value === undefined ? [] : [`${key}: ${JSON.stringify(value)}`],
    )
    const keys = Object.keys(propertiesOf(schema)).join(', ')
    return fixed.length > 0 ? `{ ${fixed.join(', ')} }` : (name ?? `{ ${keys} }`)
  }

  #fieldsOf(schema: Schema, prefix: string): Field[] {
    const required = requiredOf(schema)
    return Object.entries(propertiesOf(schema)).flatMap(([name, part]) => {
      const path = prefix + name
      const field = {
        path,
        required: required.includes(name),
        schema: part,
        limits: limitsOf(part),
      }
      return [field, ...this.#inside(part, path)]
    })
  }

  /** The fields of what has no name of its own. */
  #inside(schema: Schema, path: string): Field[] {
    const { items, patternProperties } = schema
    if (hasFields(schema)) return this.#fieldsOf(schema, `${path}.`)
    if (isSchema(items)) return this.#inside(items, `${path}[]`)
    if (isSchema(patternProperties)) {
      return Object.values(patternProperties as Properties).flatMap((part) =>
        this.#inside(part, `${path}.*`),
      )
    }
    if (listOf(schema, 'allOf')) return this.#inside(this.#merged(schema), path)
    const variants = (listOf(schema, 'anyOf') ?? []).filter((variant) => !isNull(variant))
    return variants.length === 1 ? this.#inside(variants[0] ?? {}, path) : []
  }
}
