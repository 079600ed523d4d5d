import { ok, type Result, type SearchQuery } from '@talus/protocol'
import type { Blueprint } from '../blueprint/blueprint.js'
import { conditionMatcher } from './condition.js'
import { every, type Matcher, type WeighedMatcher } from './matcher.js'
import { textMatcher } from './text.js'

function typeMatcher(wanted: string, blueprint: Blueprint | null): Matcher {
  const type = blueprint?.typeOf(wanted)
  return ({ blueprint_type_id }) =>
    blueprint_type_id === wanted ||
    (type !== undefined && blueprint?.typeOf(blueprint_type_id) === type)
}

/** A query as one test of nodes: everything that it gives has to hold. */
export function queryMatcher(
  { text, type, property = [] }: SearchQuery,
  blueprint: Blueprint | null,
): Result<WeighedMatcher> {
  const matchers: Matcher[] = []
  let weight = 1
  if (type !== undefined) matchers.push(typeMatcher(type, blueprint))
  for (const [index, condition] of property.entries()) {
    const matcher = conditionMatcher(condition, index, blueprint)
    if (!matcher.ok) return matcher
    matchers.push(matcher.value.matches)
    weight += matcher.value.weight
  }
  // The dearest comes last.
  if (text !== undefined) matchers.push(textMatcher(text, blueprint))
  return ok({ matches: (record) => every(matchers, (matches) => matches(record)), weight })
}
