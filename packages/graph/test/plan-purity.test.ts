import { expect, test } from 'vitest'
import { parseTemplate, plan } from '../src/index.js'
import { plain } from './film-session.js'
import { Session } from './session.js'

test('[CMD1] [CMD7] planning leaves the graph alone', () => {
  const session = plain()
  const before = session.state()
  const command = {
    command_type: 'Batch',
    data: { commands: [{ command_type: 'DeleteNode', data: { node_id: 'r' } }] },
  } as const
  const first = plan(session.graph, command as never, session.context)
  expect(plan(session.graph, command as never, session.context)).toEqual(first)
  expect(session.state()).toEqual(before)
})

test('[TREE2] a template without rules for children allows none', () => {
  const { blueprint } = parseTemplate({ node_types: [{ id: 'a' }] }, 't')
  const session = new Session(blueprint)
  session.create('ann', 'x', null, { blueprint_type_id: 'a' })
  const below = session.try('ann', 'CreateNode', { blueprint_type_id: 'a', parent_id: 'x' })
  expect(below.error?.code).toBe('TYPE_NOT_ALLOWED')
})
