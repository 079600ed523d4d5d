import type { JsonObject, JsonValue } from '@talus/protocol'
import { AccessRules } from '../access/access-rules.js'
import { byIdOrUuid, nodeTypeOf, objectsOf, type NodeType, type PropertyType } from './node-type.js'
import { expectedInstead } from './property-value.js'

/**
 * A template ready for use: its types and properties, each known by id and by uuid. Made by
 * `parseTemplate`, which checks the document first.
 */
export class Blueprint {
  readonly template_id: string
  /** The template document with the uuids of types and properties filled in. */
  readonly document: JsonObject
  readonly types: readonly NodeType[]
  /** Who may create, change and see what; null where the template says nothing of it. */
  readonly rules: AccessRules | null
  readonly #byName: ReadonlyMap<string, NodeType>
  readonly #children: ReadonlyMap<NodeType, ReadonlySet<NodeType>>

  constructor(template_id: string, document: JsonObject) {
    this.template_id = template_id
    this.document = document
    this.types = objectsOf(document['node_types']).map(nodeTypeOf)
    this.#byName = byIdOrUuid(this.types)
    this.#children = new Map(
      this.types.map((type) => [
        type,
        new Set(type.allowed_children.flatMap((name) => this.typeOf(name) ?? [])),
      ]),
    )
    this.rules = AccessRules.of({ types: this.types, typeOf: (name) => this.typeOf(name) })
  }

  typeOf(idOrUuid: string): NodeType | undefined {
    return this.#byName.get(idOrUuid)
  }

  /** The types that may stand below a type; none for a type that the template does not have. */
  allowedChildren(parentType: string): NodeType[] {
    const parent = this.typeOf(parentType)
    return [...((parent && this.#children.get(parent)) ?? [])]
  }

  allowsChild(parentType: string, childType: string): boolean {
    const parent = this.typeOf(parentType)
    const child = this.typeOf(childType)
    return !!parent && !!child && (this.#children.get(parent)?.has(child) ?? false)
  }

  /** The type of a new project's root: declared as such, else one that is nobody's child. */
  rootType(): NodeType | undefined {
    const isChild = new Set([...this.#children.values()].flatMap((children) => [...children]))
    return (
      this.types.find((type) => type.features.includes('is_root')) ??
      this.types.find((type) => !isChild.has(type)) ??
      this.types[0]
    )
  }

  /** What the property would accept instead of `value`; undefined when it accepts it. */
  checkValue(property: PropertyType, value: JsonValue): string | undefined {
    return expectedInstead(property, value)
  }

  toJSON(): JsonObject {
    return this.document
  }
}
