import type { Schema } from './contract.js'
import { models } from './models.js'
import { asEnum, mapParts } from './schema-parts.js'

/** Whether a schema says more than its type: `null` is not the result of one command alone. */
const isTelling = (schema: Schema) => Object.keys(schema).some((keyword) => keyword !== 'type')

/**
 * The named schemas of one document. A schema that has a name is referred to wherever it appears:
 * other languages then make one type of it. `link` writes a reference to a name.
 */
export class Components {
  #names = new Map<string, string>()
  #schemas = new Map<string, Schema>()
  #used = new Set<string>()
  #link

  constructor(link: (name: string) => string) {
    this.#link = link
    for (const [name, schema] of models) this.#model(name, schema)
  }

  /** A reference to a schema: by the name that it has, else by this one. */
  refer(name: string, schema: Schema): Schema {
    this.declare(name, schema)
    return this.#reference(this.#names.get(JSON.stringify(schema)) ?? name)
  }

  /** Gives a schema a name, unless it has one. */
  declare(name: string, schema: Schema): void {
    if (!this.#names.has(JSON.stringify(schema))) this.#define(name, schema)
  }

  /** What stands under a name: the schema itself, or a reference where another name has it. */
  describe(name: string, schema: Schema): Schema {
    const known = this.#names.get(JSON.stringify(schema)) ?? name
    return known === name ? this.#body(schema) : this.#reference(known)
  }

  /** A schema with references in the place of what has a name. */
  resolve(schema: Schema): Schema {
    const known = this.#names.get(JSON.stringify(schema))
    return known === undefined ? this.#body(schema) : this.#reference(known)
  }

  /** What was referred to, and what that refers to, by name. */
  definitions(): Record<string, Schema> {
    const bodies = new Map<string, Schema>()
    // Grows while it is read: a body refers to others.
    for (const name of this.#used) {
      const schema = this.#schemas.get(name)
      if (schema) bodies.set(name, this.#body(schema))
    }
    return Object.fromEntries([...bodies].toSorted(([a], [b]) => (a < b ? -1 : 1)))
  }

  /** Of two models with one schema a reference could not tell which is meant. */
  #model(name: string, schema: Schema): void {
    const other = this.#names.get(JSON.stringify(schema))
    if (other !== undefined) throw new Error(`${name} has the schema of ${other}`)
    this.#define(name, schema)
  }

  #define(name: string, schema: Schema): void {
    if (this.#schemas.has(name)) throw new Error(`Two schemas are called ${name}`)
    this.#schemas.set(name, schema)
    if (isTelling(schema)) this.#names.set(JSON.stringify(schema), name)
  }

  #body(schema: Schema): Schema {
    return asEnum(mapParts(schema, (part) => this.resolve(part)))
  }

  #reference(name: string): Schema {
    this.#used.add(name)
    return { $ref: this.#link(name) }
  }
}
