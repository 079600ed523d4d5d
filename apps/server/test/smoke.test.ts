import { expect, test } from 'vitest'
import { testApp } from './harness.js'

test('a command reaches everybody in its room, in order', async () => {
  await using app = await testApp()
  const [writer, listener] = await Promise.all([app.client(), app.client()])
  await listener.join('s')
  await writer.join('s')
  const ack = await writer.execute('s', 'CreateNode', { blueprint_type_id: 'task', name: 'a' })
  expect(ack).toMatchObject({ ok: true, seq: 1 })
  await listener.settled()
  expect(listener.names().slice(-3)).toEqual([
    'command:executing',
    'node-created',
    'command:executed',
  ])
})
