import type { JsonObject, Role } from '@talus/protocol'
import { parseTemplate, type Blueprint } from '../src/index.js'
import { Session } from './session.js'

/**
 * A person's salary is for owners, their review for editors; a team is changed by owners only, a
 * note is written once, and a contract is for editors as a whole but for its date.
 */
export const STAFF: JsonObject = {
  node_types: [
    {
      id: 'team',
      access: { create: 'owner', change: 'owner' },
      allowed_children: ['team', 'person', 'note', 'contract'],
      properties: [{ id: 'goal', type: 'text', access: { change: 'editor' } }],
    },
    {
      id: 'person',
      allowed_children: ['note', 'contract'],
      properties: [
        { id: 'name', type: 'text' },
        { id: 'phone', type: 'text' },
        { id: 'salary', type: 'number', value: 100, access: { see: 'owner' } },
        { id: 'review', type: 'text', access: { see: 'editor', change: 'owner' } },
      ],
    },
    {
      id: 'note',
      access: { change: 'owner' },
      properties: [
        { id: 'text', type: 'text', required: true },
        { id: 'seal', type: 'text', access: { change: 'owner' } },
      ],
    },
    {
      id: 'contract',
      access: { see: 'editor' },
      properties: [
        { id: 'date', type: 'date', access: { see: 'viewer' } },
        { id: 'phone', type: 'text' },
      ],
    },
    { id: 'plain', properties: [{ id: 'phone', type: 'text' }] },
  ],
}

export function blueprintOf(document: JsonObject): Blueprint {
  const { blueprint, report } = parseTemplate(document, 'staff')
  if (!blueprint) throw new Error(JSON.stringify(report.errors))
  return blueprint
}

/** The rules of a template that has some. */
export function rulesOf(blueprint: Blueprint) {
  if (!blueprint.rules) throw new Error('the template has no rules')
  return blueprint.rules
}

/** A session of callers with roles; it begins with team(ann, bob), made by an owner. */
export class Staff extends Session {
  readonly rules

  constructor() {
    const blueprint = blueprintOf(STAFF)
    super(blueprint)
    this.rules = rulesOf(blueprint)
    this.create('boss', 'team', null, { blueprint_type_id: 'team' })
    for (const id of ['ann', 'bob']) {
      this.create('boss', id, 'team', { blueprint_type_id: 'person', name: id })
    }
  }

  /** Tries a command as somebody with a role. */
  as(role: Role, command_type: string, data: object) {
    this.context.permissions = this.rules.permissionsOf(role)
    const outcome = this.try(role, command_type, data)
    this.context.permissions = undefined
    return outcome
  }
}
