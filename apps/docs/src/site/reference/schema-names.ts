import { Components } from '../../components.js'
import type { Schema } from '../../contract.js'
import { models } from '../../models.js'

const PREFIX = 'model:'

/** The schemas of the contract with a reference in the place of every model. */
export class SchemaNames {
  readonly #components = new Components((name) => PREFIX + name)

  /** The model that this is a reference to. */
  static nameOf({ $ref }: Schema): string | undefined {
    return typeof $ref === 'string' ? $ref.slice(PREFIX.length) : undefined
  }

  /** A schema in which every model, perhaps all of it, is a reference. */
  named(schema: Schema): Schema {
    return this.#components.resolve(schema)
  }

  /** What a model consists of, with references to other models. */
  body(name: string): Schema {
    const schema = models.get(name)
    if (schema === undefined) throw new Error(`There is no model ${name}`)
    return this.#components.describe(name, schema)
  }
}
