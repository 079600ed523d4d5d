import { sha1 } from './sha1.js'

function uuidOf(seed: string): string {
  const hex = sha1(seed)
  const cuts = [0, 8, 12, 16, 20, 32]
  return cuts
    .slice(1)
    .map((end, index) => hex.slice(cuts[index], end))
    .join('-')
}

/** The uuid of a node type without one: project files refer to types by it. */
export function nodeTypeUuid(type_id: string): string {
  return uuidOf(`node_type:${type_id}`)
}

/** The uuid of an option without one: what project files hold where an option has no id. */
export function optionUuid(type_id: string, property_id: string, name: string): string {
  return uuidOf(`${type_id}.${property_id}:${name}`)
}

/** The uuid of a property without one: the keys of properties in project files. */
export function propertyUuid(type_id: string, property_id: string): string {
  return uuidOf(`property.${type_id}:${property_id}`)
}
