import { isRole, permits } from '../access/roles.js'
import type { TemplatePlace } from './template-place.js'

/** What may be said of whom; `name` is the property that shows the node's name. */
const KEYS = {
  type: ['create', 'change', 'see'],
  property: ['change', 'see'],
  name: ['change'],
} as const

function validateRole(place: TemplatePlace, key: string): void {
  if (!isRole(place.value)) place.error(`'${key}' is not one of viewer, commenter, editor, owner`)
  // Commands need the role editor anyway: less would be a promise that nobody keeps.
  else if (key !== 'see' && !permits(place.value, 'editor'))
    place.error(`'${key}' is less than editor, which commands need`)
}

/**
 * Checks the rules of access of a type or a property. A key that is not known is an error: a rule
 * with a typing mistake would protect nothing, and nobody would notice.
 */
export function validateAccess(of: TemplatePlace, kind: keyof typeof KEYS): void {
  const access = of.at('access')
  const { value } = access
  if (value === undefined || value === null) return
  if (typeof value !== 'object' || Array.isArray(value)) {
    return access.error('the access is not an object')
  }
  const known: readonly string[] = KEYS[kind]
  for (const key of Object.keys(value)) {
    const place = access.at(key)
    if (known.includes(key)) validateRole(place, key)
    else if (kind === 'name' && key === 'see') place.error('everybody sees the name')
    else place.error(`'${key}' is not one of ${known.join(', ')}`)
  }
}
