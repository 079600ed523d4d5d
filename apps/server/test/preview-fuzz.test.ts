import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DOORS, openDoor, type Door } from './doors.js'
import { quickApp } from './harness.js'

test('[CMD7] whatever is previewed would do just that', async () => {
  await using app = await quickApp({ now: () => '2026-01-28T15:30:00.000Z' })
  await app.graphClient('s')
  const doors = await Promise.all(DOORS.map((name) => openDoor(app, name, 's')))
  const id = fc.constantFrom('a', 'b', 'c', 'd', 'e')
  const parent_id = fc.option(id)
  const position = fc.option(
    fc.oneof(
      fc.record({ index: fc.nat(4) }),
      fc.record({ before: id }),
      fc.record({ after: id }),
      fc.record({ at: fc.constantFrom('start', 'end') }),
    ),
    { nil: undefined },
  )
  const set = fc.record({ node_id: id, property_id: fc.constantFrom('name', 'p'), new_value: id })
  const created = fc.record({
    node_id: id,
    parent_id,
    position,
    blueprint_type_id: fc.constant('t'),
  })
  const typed = (command_type: string, data: fc.Arbitrary<object>) =>
    data.map((value) => ({ command_type, data: value }))
  const any = fc.oneof(
    typed('CreateNode', created),
    typed('UpdateProperty', set),
    typed('MoveNode', fc.record({ node_id: id, parent_id, position })),
    typed('LinkNode', fc.record({ parent_id: id, child_id: id })),
    typed('UnlinkNode', fc.record({ parent_id: id, child_id: id })),
    typed('DeleteProperty', fc.record({ node_id: id, property_id: fc.constant('p') })),
  )
  const batch = fc
    .array(any, { minLength: 1, maxLength: 4 })
    .map((commands) => ({ command_type: 'Batch', data: { commands } }))
  let seq = 0
  let turn = 0
  await fc.assert(
    fc.asyncProperty(fc.oneof(any, batch), async (asked) => {
      turn += 1
      const door = doors[turn % doors.length] as Door
      const { command_id: _, ...told } = await door.ask('preview', asked)
      const ack = await door.ask('execute', asked)
      const { body } = await app.api('GET', `/sessions/s/changes?after_seq=${seq}`)
      const changes = (body.entries as { changes: unknown[] }[]).flatMap((entry) => entry.changes)
      const executed = { ok: true, seq, changes, result: ack.result }
      expect(told).toEqual(ack.ok ? executed : { ok: false, error: ack.error })
      seq = Number(body.seq)
    }),
    // The session goes on from run to run: a shrunk case would meet another graph.
    { numRuns: 300, endOnFailure: true },
  )
})
