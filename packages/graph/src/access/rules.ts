import type { NodeType } from '../blueprint/node-type.js'
import type { Access } from './access.js'

/** Which roles may do what with nodes and properties, whatever the node (rule ACC1). */
export interface Rules {
  readonly types: readonly NodeType[]
  /** Of nodes whose type the template does not have, and of all they hold: the strictest there is. */
  readonly ofOrphans: Access
  typeOf(type_id: string): NodeType | undefined
  ofType(type_id: string): Access
  /** Also for a property that the type does not declare. */
  ofProperty(type_id: string, property_id: string): Access
}
