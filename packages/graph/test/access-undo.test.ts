import { expect, test } from 'vitest'
import type { Role } from '@talus/protocol'
import { Staff } from './staff.js'

const FORBIDDEN = { error: { code: 'FORBIDDEN', details: [{ expected: 'the role owner' }] } }

function withRole(staff: Staff, role: Role) {
  return { permissions: staff.rules.permissionsOf(role) }
}

test('[ACC4] what somebody did with a higher role is undone with that role only', () => {
  const staff = new Staff()
  staff.set('eve', 'ann', 'salary', 200)
  expect(staff.undo('eve', withRole(staff, 'editor'))).toMatchObject(FORBIDDEN)
  expect(staff.value('ann', 'salary')).toBe(200)
  expect(staff.undo('eve', withRole(staff, 'owner'))).toMatchObject({ undo: { status: 'applied' } })
  expect(staff.redo('eve', withRole(staff, 'editor'))).toMatchObject(FORBIDDEN)
})

test('[ACC4] whether others have superseded what is hidden does not show', () => {
  const staff = new Staff()
  staff.set('eve', 'ann', 'salary', 200)
  staff.set('boss', 'ann', 'salary', 300)
  const refused = staff.undo('eve', withRole(staff, 'editor'))
  expect(refused).toMatchObject(FORBIDDEN)
  expect(JSON.stringify(refused)).not.toContain('boss')
})

test('[ACC4] a deletion is taken back by whoever may delete, hidden values and all', () => {
  const staff = new Staff()
  staff.set('boss', 'ann', 'salary', 200)
  staff.as('editor', 'DeleteNode', { node_id: 'ann' })
  const undone = staff.undo('editor', withRole(staff, 'editor'))
  expect(undone).toMatchObject({ undo: { status: 'applied' } })
  expect(staff.value('ann', 'salary')).toBe(200)
})

test('[ACC4] a creation is taken back by whoever may delete, and redone by whoever may create', () => {
  const staff = new Staff()
  staff.create('eve', 'sub', 'team', { blueprint_type_id: 'team' })
  expect(staff.undo('eve', withRole(staff, 'editor'))).toMatchObject(FORBIDDEN)
  staff.undo('eve')
  expect(staff.redo('eve', withRole(staff, 'editor'))).toMatchObject(FORBIDDEN)
  expect(staff.redo('eve', withRole(staff, 'owner'))).toMatchObject({ undo: { status: 'applied' } })
})

test('[ACC4] what came later below a creation counts as well', () => {
  const staff = new Staff()
  const note = { blueprint_type_id: 'note', properties: { text: 'x' } }
  const id = staff.create('eve', 'cat', 'team', { blueprint_type_id: 'person' })
  staff.create('eve', 'n', 'cat', note)
  const asked = { target_command_id: id, ...withRole(staff, 'editor') }
  expect(staff.undo('eve', asked)).toMatchObject(FORBIDDEN)
})

test('[ACC4] what touches nodes that are gone needs no permission', () => {
  const staff = new Staff()
  const moved = staff.do('eve', 'MoveNode', { node_id: 'bob', parent_id: null })
  staff.do('boss', 'DeleteNode', { node_id: 'bob' })
  const asked = { target_command_id: moved, ...withRole(staff, 'editor') }
  expect(staff.undo('eve', asked)).toMatchObject({ undo: { status: 'noop' } })
})
