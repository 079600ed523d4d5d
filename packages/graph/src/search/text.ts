import type { JsonValue } from '@talus/protocol'
import type { Blueprint } from '../blueprint/blueprint.js'
import type { PropertyType } from '../blueprint/node-type.js'
import type { Steps } from '../steps.js'
import { Needle } from './fold.js'
import { some, type Matcher } from './matcher.js'
import { textsOf } from './typed-value.js'

/** Whether the name or a property's text holds the wanted text (rule FIND1). */
export function textMatcher(wanted: string, blueprint: Blueprint | null): Matcher {
  const needle = new Needle(wanted)
  const holds = (text: string) => needle.isIn(text)
  return ({ name, properties, blueprint_type_id }) => {
    const type = blueprint?.typeOf(blueprint_type_id)
    const texts = [name]
    for (const key in properties) {
      if (!Object.hasOwn(properties, key)) continue
      for (const text of textsOf(type?.property(key), properties[key] ?? null, wanted))
        texts.push(text)
    }
    return some(texts, holds)
  }
}

/** Whether the text of a property's value holds another (rule FIND2). */
export function textTest(wanted: string) {
  const needle = new Needle(wanted)
  return (property: PropertyType | undefined, value: JsonValue): boolean | Steps<boolean> =>
    some(textsOf(property, value, wanted), (text) => needle.isIn(text))
}
