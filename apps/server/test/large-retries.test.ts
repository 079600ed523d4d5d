import { expect, test } from 'vitest'
import { testApp, type RawClient } from './harness.js'

const LEAVES = 3_000

/** A node 'top' with so many nodes below it: to delete them is an entry that is kept in parts. */
async function grown(client: RawClient): Promise<void> {
  const commands: object[] = [
    { command_type: 'CreateNode', data: { blueprint_type_id: 't', node_id: 'top' } },
  ]
  for (let n = 0; n < LEAVES; n += 1) {
    const data = { blueprint_type_id: 't', node_id: `n${n}`, parent_id: 'top', name: `leaf ${n}` }
    commands.push({ command_type: 'CreateNode', data })
  }
  expect(await client.execute('s', 'Batch', { commands })).toMatchObject({ ok: true })
}

test('[IDEM1] many who send a large command again are all answered as it was', async () => {
  await using app = await testApp()
  const client = await (await app.client()).join('s')
  await grown(client)
  const request = { session_id: 's', command_id: 'one', command_type: 'DeleteNode' }
  const deletion = { ...request, data: { node_id: 'top' } }
  const first = client.ask('execute_command', deletion)
  // While it is under way, and when it is done.
  const early = Array.from({ length: 20 }, () => client.ask('execute_command', deletion))
  const { result } = (await first) as { result: { deleted_ids: string[] } }
  expect(result.deleted_ids).toHaveLength(LEAVES + 1)
  const late = Array.from({ length: 20 }, () => client.ask('execute_command', deletion))
  for (const answer of await Promise.all([...early, ...late])) {
    expect(answer).toEqual({ ok: true, command_id: 'one', seq: 2, result, duplicate: true })
  }
  const other = { ...request, data: { node_id: 'n1' } }
  const error = { code: 'COMMAND_ID_REUSED' }
  expect(await client.ask('execute_command', other)).toMatchObject({ ok: false, error })
  const preview = await client.ask('preview_command', deletion)
  expect(preview).toEqual({
    ok: true,
    command_id: 'one',
    seq: 2,
    changes: [],
    result,
    duplicate: true,
  })
  // Also after the server was started anew.
  await using again = await app.restart()
  const later = await (await again.client()).join('s')
  expect(await later.ask('execute_command', deletion)).toMatchObject({
    seq: 2,
    duplicate: true,
    result,
  })
})
