import { expect, test } from 'vitest'
import { testApp } from './harness.js'

const create = (name: string) => ({ blueprint_type_id: 't', node_id: 'n', name })

test('[IDEM1] [IDEM2] a retry is answered as such, also while its id is tried with another payload', async () => {
  await using app = await testApp()
  const first = await (await app.client()).join('s')
  const ack = await first.execute('s', 'CreateNode', create('a'), { command_id: 'c' })
  await using again = await app.restart()
  const client = await (await again.client()).join('s')
  const answers = await Promise.all([
    client.execute('s', 'CreateNode', create('b'), { command_id: 'c' }),
    client.execute('s', 'CreateNode', create('a'), { command_id: 'c' }),
  ])
  expect(answers).toMatchObject([
    { ok: false, error: { code: 'COMMAND_ID_REUSED' } },
    { ...ack, duplicate: true },
  ])
})

test('[IDEM3] what is refused does not take its id, also from a command that is sent meanwhile', async () => {
  await using app = await testApp()
  const client = await (await app.client()).join('s')
  const rename = { node_id: 'nobody', property_id: 'name', new_value: 'x' }
  const answers = await Promise.all([
    client.execute('s', 'UpdateProperty', rename, { command_id: 'c' }),
    client.execute('s', 'CreateNode', create('a'), { command_id: 'c' }),
  ])
  expect(answers).toMatchObject([
    { ok: false, error: { code: 'NODE_NOT_FOUND' } },
    { ok: true, seq: 1 },
  ])
})
