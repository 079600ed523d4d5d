import type { GraphNode } from '@talus/client'
import { useSession } from '@talus/client/react'
import { documentOf, keyOf, lookOfOption, typeOf } from '../work/schema.js'
import { OptionMark } from '../parts/option-mark.js'

/** The value of a node's first `select` property, usually its status. */
export function NodeBadge({ node }: { node: GraphNode }) {
  const { graph } = useSession()
  const type = typeOf(graph, node)
  const property = type?.properties.find((each) => each.type === 'select')
  if (!type || !property) return null
  const option = property.option(node.properties[keyOf(node, property)] ?? null)
  if (!option) return null
  return (
    <span className="badge" title={property.label}>
      <OptionMark {...lookOfOption(documentOf(graph, type, property), option)} />
      {option.name}
    </span>
  )
}
