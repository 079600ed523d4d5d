import type { Change, Entry, Node, PropertySet, Role, Skipped } from '@talus/protocol'
import { sha1 } from '../blueprint/sha1.js'
import type { NodeRecord } from '../node-record.js'
import { finish, NODES_PER_STEP, type Steps } from '../steps.js'
import { permits } from './roles.js'
import type { Rules } from './rules.js'

/** What a node holds beside what everybody sees: id, type, name, place and date. */
type Shown = Pick<Node, 'properties' | 'metadata' | 'extra'>

type Content = Pick<NodeRecord, 'blueprint_type_id' | 'properties' | 'metadata' | 'extra'>

/** Hex digits of a view's name: there are four roles, and few templates. */
const NAME = 12

/** Everything that a role may not see, as texts that name it. */
function hiddenFrom(role: Role, { types, ofOrphans }: Rules): string[] {
  const hidden = types.flatMap(({ id, access, properties }) => [
    ...(permits(role, access.see) ? [] : [`${id} *`]),
    ...properties.flatMap((property) =>
      permits(role, property.access.see) ? [] : [`${id} ${property.id}`],
    ),
  ])
  return permits(role, ofOrphans.see) ? hidden : [...hidden, '*']
}

/**
 * A session as a role may see it (rule VIEW1). What is left out is as if it had never been there,
 * so the view of a graph is what the viewed entries lead to. What has nothing to hide stays the
 * same object.
 */
export class RoleView {
  /** Equal for roles that see the same, other when the rules of the template are others. */
  readonly name: string
  readonly #role: Role
  readonly #rules: Rules
  /** By type: whether nodes of it show all they can hold. */
  readonly #isPlain = new Map<string, boolean>()

  private constructor(role: Role, rules: Rules, hidden: readonly string[]) {
    this.#role = role
    this.#rules = rules
    this.name = sha1(hidden.join('\n')).slice(0, NAME)
  }

  /** Null: the role sees everything. */
  static of(role: Role, rules: Rules): RoleView | null {
    const hidden = hiddenFrom(role, rules)
    return hidden.length === 0 ? null : new RoleView(role, rules, hidden)
  }

  /** Whether a property of nodes of a type is not for this role. */
  hides(type_id: string, property_id: string): boolean {
    if (property_id === 'name') return false
    return !permits(this.#role, this.#rules.ofProperty(type_id, property_id).see)
  }

  node(node: Node): Node {
    if (this.#showsAll(node.blueprint_type_id)) return node
    const { properties: _, metadata: __, extra: ___, ...rest } = node
    return { ...rest, ...this.#content(node) }
  }

  record(record: NodeRecord): NodeRecord {
    if (this.#showsAll(record.blueprint_type_id)) return record
    const { properties: _, metadata: __, extra: ___, ...rest } = record
    return { ...rest, ...this.#content(record) }
  }

  /** A change as it is seen; undefined: nothing of it is. */
  change(change: Change): Change | undefined {
    return this.#change(change)
  }

  changes(changes: readonly Change[]): Change[] {
    return finish(this.changesInSteps(changes))
  }

  /** The same in steps. */
  *changesInSteps(changes: readonly Change[]): Steps<Change[]> {
    const seen: Change[] = []
    for (const [n, change] of changes.entries()) {
      if (n % NODES_PER_STEP === NODES_PER_STEP - 1) yield
      const shown = yield* this.#changeInSteps(change)
      if (shown) seen.push(shown)
    }
    return seen
  }

  /**
   * The entry with its seq and whatever is left of its changes. A label is free text that may
   * repeat what it is about: it goes with what is left out.
   */
  entry(entry: Entry): Entry {
    return finish(this.entryInSteps(entry))
  }

  /** The same in steps. */
  *entryInSteps(entry: Entry): Steps<Entry> {
    const changes = yield* this.changesInSteps(entry.changes)
    if (changes.every((change, n) => change === entry.changes[n])) {
      if (changes.length === entry.changes.length) return entry
    }
    const { label: _, ...rest } = entry
    return { ...rest, changes }
  }

  /** What an undo left alone; `typeOf` knows the nodes that are there. */
  skipped(skipped: readonly Skipped[], typeOf: (node_id: string) => string | undefined): Skipped[] {
    return skipped.filter(
      ({ node_id, property_id }) =>
        property_id === undefined || !this.#hidesOn(typeOf(node_id), property_id),
    )
  }

  *#changeInSteps(change: Change): Steps<Change | undefined> {
    if (change.type !== 'graph-replaced') return this.#change(change)
    const nodes: Node[] = []
    for (const [n, node] of change.nodes.entries()) {
      if (n % NODES_PER_STEP === NODES_PER_STEP - 1) yield
      nodes.push(this.node(node))
    }
    return { ...change, nodes }
  }

  #change(change: Change): Change | undefined {
    switch (change.type) {
      case 'node-added':
      case 'node-removed': {
        const node = this.node(change.node)
        return node === change.node ? change : { ...change, node }
      }
      case 'node-moved':
        return change
      case 'property-set':
        return this.#propertySet(change)
      case 'graph-replaced':
        return finish(this.#changeInSteps(change))
      default:
        return change satisfies never
    }
  }

  #propertySet(change: PropertySet): PropertySet | undefined {
    return this.#hidesOn(change.blueprint_type_id, change.property_id) ? undefined : change
  }

  #hidesOn(type_id: string | undefined, property_id: string): boolean {
    return type_id === undefined
      ? this.#hidesAnywhere(property_id)
      : this.hides(type_id, property_id)
  }

  /** For what does not say its type: hidden unless it is declared, and no type hides it. */
  #hidesAnywhere(property_id: string): boolean {
    if (property_id === 'name') return false
    const { types } = this.#rules
    const isDeclared = types.some((type) => type.property(property_id) !== undefined)
    return !isDeclared || types.some((type) => this.hides(type.id, property_id))
  }

  /** What is shown of a node's content. */
  #content({ blueprint_type_id: type_id, properties, metadata, extra }: Content): Shown {
    const shown = Object.entries(properties).filter(([key]) => !this.hides(type_id, key))
    return {
      properties: Object.fromEntries(shown),
      // What a file wrote beside the properties is content that no property declares.
      ...(permits(this.#role, this.#rules.ofType(type_id).see) && {
        ...(metadata !== undefined && { metadata }),
        ...(extra !== undefined && { extra }),
      }),
    }
  }

  #showsAll(type_id: string): boolean {
    const known = this.#isPlain.get(type_id)
    if (known !== undefined) return known
    const type = this.#rules.typeOf(type_id)
    const isPlain =
      type !== undefined &&
      [type, ...type.properties].every(({ access }) => permits(this.#role, access.see))
    this.#isPlain.set(type_id, isPlain)
    return isPlain
  }
}

/**
 * The epoch that goes with a view: a history of which parts are left out is another one, so that
 * whoever sees another part begins anew (rules SYNC3, VIEW4).
 */
export function epochOf(epoch: string, view: RoleView | null): string {
  return view ? `${epoch}.${view.name}` : epoch
}
