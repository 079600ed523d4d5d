import { ok, type Result, type Role } from '@talus/protocol'
import { refuse } from '../plan/refusals.js'
import { higher, permits } from './roles.js'
import type { Rules } from './rules.js'

/** A property of nodes of a type, and where the command names it. */
type Written = { type_id: string; property_id: string; path: string }

/** What a role may do in one session (rule ACC2). Errors of every method: FORBIDDEN. */
export class Permissions {
  readonly #rules: Rules
  readonly #role: Role

  /** Permissions come from `AccessRules.permissionsOf`. */
  constructor(rules: Rules, role: Role) {
    this.#rules = rules
    this.#role = role
  }

  toCreate(type_id: string, path: string): Result<null> {
    const { create } = this.#rules.ofType(type_id)
    return this.#require(create, `Creating a node of the type '${type_id}'`, path)
  }

  /** To rename, move, link, unlink or delete a node, or to bring it back. */
  toChange(type_id: string, path: string): Result<null> {
    const { change } = this.#rules.ofType(type_id)
    return this.#require(change, `Changing a node of the type '${type_id}'`, path)
  }

  /** To give a new node a property. */
  toGive({ type_id, property_id, path }: Written): Result<null> {
    const { create } = this.#rules.ofProperty(type_id, property_id)
    return this.#require(create, `Setting the property '${property_id}'`, path)
  }

  /** To set or delete a property. */
  toWrite({ type_id, property_id, path }: Written): Result<null> {
    const { change } = this.#rules.ofProperty(type_id, property_id)
    return this.#require(change, `Changing the property '${property_id}'`, path)
  }

  /** To put another graph in the place of the whole: that may change anything. */
  toReplace(): Result<null> {
    const { create, change, see } = this.#rules.ofOrphans
    return this.#require(higher(higher(create, change), see), 'Replacing the graph', '')
  }

  #require(role: Role, what: string, path: string): Result<null> {
    if (permits(this.#role, role)) return ok(null)
    return refuse('FORBIDDEN', {
      message: `${what} needs the role ${role}`,
      path,
      expected: `the role ${role}`,
      actual: this.#role,
    })
  }
}
