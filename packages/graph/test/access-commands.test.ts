import { describe, expect, test } from 'vitest'
import { affordances } from '../src/index.js'
import { ended } from './ended.js'
import { Staff } from './staff.js'

const update = (node_id: string, property_id: string, new_value: unknown, more = {}) =>
  ['UpdateProperty', { node_id, property_id, new_value, ...more }] as const
const create = (blueprint_type_id: string, properties = {}, more = {}) =>
  ['CreateNode', { blueprint_type_id, parent_id: 'team', properties, ...more }] as const

const forbidden = (path: string) => ({
  error: {
    code: 'FORBIDDEN',
    details: [{ path, expected: 'the role owner', actual: 'editor' }],
  },
})

describe('what a role may change', () => {
  test.each([
    ['/data/property_id', update('ann', 'salary', 200)],
    ['/data/property_id', update('ann', 'review', 'good')],
    ['/data/property_id', ['DeleteProperty', { node_id: 'ann', property_id: 'salary' }]],
    ['/data/property_id', update('team', 'name', 'B')],
    ['/data/blueprint_type_id', create('team')],
    ['/data/properties/salary', create('person', { salary: 5 })],
    ['/data/properties/seal', create('note', { text: 'x', seal: 'y' })],
    ['/data/node_id', ['DeleteNode', { node_id: 'team' }]],
    ['/data/node_id', ['MoveNode', { node_id: 'team', parent_id: null }]],
    [
      '/data/commands/1/data/property_id',
      [
        'Batch',
        {
          commands: [
            {
              command_type: 'UpdateProperty',
              data: { node_id: 'ann', property_id: 'phone', new_value: '1' },
            },
            {
              command_type: 'UpdateProperty',
              data: { node_id: 'ann', property_id: 'salary', new_value: 1 },
            },
          ],
        },
      ],
    ],
  ] as const)('[ACC2] refused at %s: %j', (path, [command_type, data]) => {
    expect(new Staff().as('editor', command_type, data)).toMatchObject(forbidden(path))
    expect(new Staff().as('owner', command_type, data).error).toBeUndefined()
  })

  test.each([
    [update('ann', 'phone', '1')],
    [update('ann', 'name', 'Ann')],
    [update('team', 'goal', 'win')],
    [create('person', { phone: '1' })],
    [create('note', { text: 'x' }, { name: 'A note' })],
    [['MoveNode', { node_id: 'ann', parent_id: 'team', position: { at: 'end' } }]],
    [['DeleteNode', { node_id: 'ann' }]],
  ] as const)('[ACC2] permitted: %j', ([command_type, data]) => {
    expect(new Staff().as('editor', command_type, data)).toMatchObject({ entry: { seq: 4 } })
  })

  test('[ACC2] a note is written once: its type may be created, not changed', () => {
    const staff = new Staff()
    staff.as('editor', ...create('note', { text: 'x' }, { node_id: 'n' }))
    const edited = staff.as('editor', ...update('n', 'text', 'y'))
    expect(edited).toMatchObject(forbidden('/data/property_id'))
    const unlink = { parent_id: 'team', child_id: 'n' }
    expect(staff.as('editor', 'UnlinkNode', unlink)).toMatchObject(forbidden('/data/child_id'))
    staff.as('owner', 'UnlinkNode', unlink)
    expect(staff.as('editor', 'LinkNode', unlink)).toMatchObject(forbidden('/data/child_id'))
  })

  test('[ACC2] a subtree is deleted by whoever may change all of it', () => {
    const staff = new Staff()
    staff.create('boss', 'n', 'ann', { blueprint_type_id: 'note', properties: { text: 'x' } })
    const refused = staff.as('editor', 'DeleteNode', { node_id: 'ann' })
    expect(refused).toMatchObject(forbidden('/data/node_id'))
  })

  test('[ACC2] defaults need nothing, and a viewer is told what executing needs', () => {
    const staff = new Staff()
    staff.as('editor', ...create('person', {}, { node_id: 'cat' }))
    expect(staff.value('cat', 'salary')).toBe(100)
    expect(staff.as('viewer', ...update('ann', 'phone', '1'))).toMatchObject({
      error: { code: 'FORBIDDEN', details: [{ expected: 'the role editor', actual: 'viewer' }] },
    })
  })

  test.each([
    ['a wrong former value', update('ann', 'salary', 1, { old_value: 7 })],
    ['the right former value', update('ann', 'salary', 1, { old_value: 100 })],
    ['an equal value', update('ann', 'salary', 100)],
    ['a value of another type', update('ann', 'salary', 'much')],
    ['a property that is not there', ['DeleteProperty', { node_id: 'ann', property_id: 'review' }]],
  ] as const)('[ACC3] with %s the refusal is the same', (_, [command_type, data]) => {
    const refused = new Staff().as('editor', command_type, data)
    expect(refused).toMatchObject(forbidden('/data/property_id'))
  })
})

describe('affordances of a role', () => {
  function forEditor(staff: Staff, node_id: string) {
    const { blueprint } = staff.context
    const permissions = staff.rules.permissionsOf('editor')
    const steps = affordances(staff.graph, node_id, { blueprint, permissions })
    if (!steps) throw new Error(`there is no '${node_id}'`)
    return ended(steps)
  }

  test('[AFF1] [ACC2] only what the role may do is listed', () => {
    const staff = new Staff()
    const ofTeam = forEditor(staff, 'team')
    expect(ofTeam.child_types?.map(({ id }) => id)).toEqual(['person', 'note', 'contract'])
    expect(ofTeam.properties?.map(({ id }) => id)).toEqual(['goal'])
    expect(ofTeam).toMatchObject({
      can_delete: false,
      can_unlink: false,
      can_link: false,
      move_targets: { node_ids: [], truncated: false },
    })
    const ofAnn = forEditor(staff, 'ann')
    expect(ofAnn.properties?.map(({ id }) => id)).toEqual(['name', 'phone'])
    expect(ofAnn).toMatchObject({ deletable_properties: [], can_delete: true, can_unlink: true })
  })

  test('[AFF1] [ACC2] what stands below counts for deleting', () => {
    const staff = new Staff()
    staff.create('boss', 'n', 'ann', { blueprint_type_id: 'note', properties: { text: 'x' } })
    expect(forEditor(staff, 'ann').can_delete).toBe(false)
  })
})
