import type { Blueprint } from '../blueprint/blueprint.js'
import type { Matcher } from './condition.js'
import { folded } from './fold.js'
import { textsOf } from './typed-value.js'

/** Whether the name or a property's text holds the wanted text (rule FIND1). */
export function textMatcher(wanted: string, blueprint: Blueprint | null): Matcher {
  const needle = folded(wanted)
  const holds = (text: string) => folded(text).includes(needle)
  return ({ name, properties, blueprint_type_id }) => {
    if (holds(name)) return true
    const type = blueprint?.typeOf(blueprint_type_id)
    for (const key in properties) {
      if (!Object.hasOwn(properties, key)) continue
      if (textsOf(type?.property(key), properties[key] ?? null).some(holds)) return true
    }
    return false
  }
}
