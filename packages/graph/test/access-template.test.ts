import { describe, expect, test } from 'vitest'
import type { JsonObject } from '@talus/protocol'
import { describeIssue, parseTemplate } from '../src/index.js'
import { filmBlueprint } from './session.js'
import { blueprintOf, rulesOf, STAFF } from './staff.js'

const template = (access: JsonObject[string], property: JsonObject = {}): JsonObject => ({
  node_types: [{ id: 'task', access, properties: [{ id: 'due', type: 'text', ...property }] }],
})

function problems(document: JsonObject): string[] {
  return parseTemplate(document, 'test').report.errors.map(describeIssue)
}

describe('rules of access in a template', () => {
  test('[ACC1] a template that says nothing of access has no rules', () => {
    expect(filmBlueprint().rules).toBeNull()
    expect(blueprintOf(template(null)).rules).toBeNull()
    const asIfNothing = { create: 'editor', change: 'editor', see: 'viewer' }
    expect(blueprintOf(template(asIfNothing)).rules).toBeNull()
    expect(parseTemplate(template(null), 'test').report).not.toHaveProperty('access')
  })

  test('[ACC1] what is declared and what follows from it is told', () => {
    const { report } = parseTemplate(STAFF, 'staff')
    expect(report.access?.find(({ node_type }) => node_type === 'contract')).toEqual({
      node_type: 'contract',
      create: 'editor',
      change: 'editor',
      see: 'editor',
      properties: [
        { property: 'date', create: 'editor', change: 'editor', see: 'viewer' },
        { property: 'phone', create: 'editor', change: 'editor', see: 'editor' },
      ],
    })
    expect(report.access?.find(({ node_type }) => node_type === 'person')?.properties).toEqual([
      { property: 'name', create: 'editor', change: 'editor', see: 'viewer' },
      { property: 'phone', create: 'editor', change: 'editor', see: 'viewer' },
      { property: 'salary', create: 'owner', change: 'owner', see: 'owner' },
      { property: 'review', create: 'owner', change: 'owner', see: 'editor' },
    ])
  })

  test('[ACC1] a property that is not declared takes the rules of its type', () => {
    const rules = rulesOf(blueprintOf(STAFF))
    expect(rules.ofProperty('contract', 'old')).toMatchObject({ see: 'editor', change: 'editor' })
    expect(rules.ofProperty('team', 'old')).toMatchObject({ see: 'viewer', change: 'owner' })
  })

  test('[ACC1] what the template has no type for takes the strictest of its rules', () => {
    const rules = rulesOf(blueprintOf(STAFF))
    expect(rules.ofType('gone')).toEqual({ create: 'owner', change: 'owner', see: 'owner' })
    expect(rules.ofProperty('gone', 'phone').see).toBe('owner')
  })

  test.each([
    ["node type 'task': the access is not an object", template('owner')],
    ["node type 'task': 'read' is not one of create, change, see", template({ read: 'owner' })],
    [
      "node type 'task': 'see' is not one of viewer, commenter, editor, owner",
      template({ see: 'me' }),
    ],
    [
      "node type 'task': 'change' is less than editor, which commands need",
      template({ change: 'viewer' }),
    ],
    [
      "node type 'task': 'create' is less than editor, which commands need",
      template({ create: 'commenter' }),
    ],
    [
      "node type 'task', property 'due': 'create' is not one of change, see",
      template(null, { access: { create: 'owner' } }),
    ],
    [
      "node type 'task', property 'due': 'see' is not one of viewer, commenter, editor, owner",
      template(null, { access: { see: null } }),
    ],
    [
      "node type 'task', property 'name': everybody sees the name",
      template(null, { id: 'name', access: { see: 'owner' } }),
    ],
  ])('[ACC1] %s', (reason, document) => {
    expect(problems(document)).toEqual([reason])
  })
})
