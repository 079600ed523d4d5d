import { expect, test } from 'vitest'
import { enter, idsOf, valueOf } from './cast.js'
import { quickApp } from './harness.js'

test('[UNDO3] a restore that is undone again forgets nobody who wrote before it', async () => {
  await using app = await quickApp()
  const [ann, bob] = [await enter(app, 's', 'ann'), await enter(app, 's', 'bob')]
  await ann.create('n')
  await bob.set('n', 'x', true)
  await ann.execute('DeleteNode', { node_id: 'n' })
  // Makes the node anew, as it was before bob wrote; then both are taken back.
  await app.api('POST', '/sessions/s/restore', { seq: 1 }, { 'x-actor-id': 'ann' })
  expect(await ann.undo()).toMatchObject({ ok: true, seq: 5 })
  expect(await ann.undo()).toMatchObject({ ok: true, seq: 6 })
  expect(await valueOf(app, 's', 'n', 'x')).toBe(true)
  expect(await ann.undo()).toMatchObject({
    undo: { status: 'noop', skipped: [{ node_id: 'n', reason: 'edited', by: 'bob' }] },
  })
  expect(await valueOf(app, 's', 'n', 'x')).toBe(true)
})

test('[UNDO3] undoing a deletion leaves alone what a restore has brought back elsewhere', async () => {
  await using app = await quickApp()
  const ann = await enter(app, 's', 'ann')
  await ann.create('child')
  await ann.create('parent')
  await ann.execute('LinkNode', { parent_id: 'parent', child_id: 'child' })
  await ann.execute('DeleteNode', { node_id: 'parent' }, { command_id: 'deletion' })
  await app.api('POST', '/sessions/s/restore', { seq: 1 }, { 'x-actor-id': 'ann' })
  expect(await idsOf(app, 's')).toEqual(['child'])
  expect(await ann.undo({ target_command_id: 'deletion' })).toMatchObject({
    ok: true,
    undo: { status: 'partial', skipped: [{ node_id: 'child', reason: 'superseded' }] },
  })
  expect((await idsOf(app, 's')).toSorted()).toEqual(['child', 'parent'])
  // The session goes on.
  expect(await ann.create('next')).toMatchObject({ ok: true, seq: 7 })
})
