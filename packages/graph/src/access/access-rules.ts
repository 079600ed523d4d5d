import type { Role, TypeAccess } from '@talus/protocol'
import type { NodeType } from '../blueprint/node-type.js'
import { CLOSED, isOpen, OPEN, strictest, type Access } from './access.js'
import { Permissions } from './permissions.js'
import { RoleView } from './role-view.js'
import type { Rules } from './rules.js'

type Types = {
  types: readonly NodeType[]
  typeOf: (idOrUuid: string) => NodeType | undefined
}

function accessesOf({ access, properties }: NodeType): Access[] {
  return [access, ...properties.map((property) => property.access)]
}

/** Who may create, change and see what: the rules of a template that has any (rule ACC1). */
export class AccessRules implements Rules {
  /** For sessions whose template cannot be read: what it kept from whom is not known. */
  static readonly UNKNOWN = new AccessRules({ types: [], typeOf: () => undefined }, CLOSED)

  readonly types: readonly NodeType[]
  readonly ofOrphans: Access
  readonly #typeOf: Types['typeOf']
  readonly #views = new Map<Role, RoleView | null>()
  readonly #permissions = new Map<Role, Permissions>()

  private constructor({ types, typeOf }: Types, ofOrphans: Access) {
    this.types = types
    this.ofOrphans = ofOrphans
    this.#typeOf = typeOf
  }

  /** Null: everything is as open as without rules. */
  static of(types: Types): AccessRules | null {
    const all = types.types.flatMap(accessesOf)
    if (all.every(isOpen)) return null
    return new AccessRules(types, all.reduce(strictest, OPEN))
  }

  /** Whether there is anybody who does not see everything. */
  get hideSomething(): boolean {
    return this.ofOrphans.see !== OPEN.see
  }

  typeOf(type_id: string): NodeType | undefined {
    return this.#typeOf(type_id)
  }

  ofType(type_id: string): Access {
    return this.#typeOf(type_id)?.access ?? this.ofOrphans
  }

  ofProperty(type_id: string, property_id: string): Access {
    return this.#typeOf(type_id)?.accessTo(property_id) ?? this.ofOrphans
  }

  /** What a role sees; null: everything. */
  viewOf(role: Role): RoleView | null {
    let view = this.#views.get(role)
    if (view === undefined) {
      view = RoleView.of(role, this)
      this.#views.set(role, view)
    }
    return view
  }

  permissionsOf(role: Role): Permissions {
    let permissions = this.#permissions.get(role)
    if (!permissions) {
      permissions = new Permissions(this, role)
      this.#permissions.set(role, permissions)
    }
    return permissions
  }

  /** The rules as they are told to people and interfaces. */
  list(): TypeAccess[] {
    return this.types.map(({ id, access, properties }) => ({
      node_type: id,
      ...access,
      properties: properties.map((property) => ({ property: property.id, ...property.access })),
    }))
  }
}
