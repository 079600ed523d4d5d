import { expect, test } from 'vitest'
import { createMemoryJournal } from '../src/journal/index.js'
import { quickApp, type TestApp } from './harness.js'
import { admit, asks, execute, graphClientOf, joined, WITH_RULES, type Company } from './staff.js'
import { bearer } from './tokens.js'

/** What ann does with properties that neither eve nor vic may see. */
type Hidden = { first: unknown; between: unknown; last: unknown }

const NODE = '/nodes/p'

/** A company whose ids and times are the same each time, in which eve has deleted a person and undone that. */
async function company(app: TestApp, { first, between, last }: Hidden): Promise<Company> {
  const made = { template_id: 'staff', project_name: 'Acme' }
  const { body } = await app.api('POST', '/projects', made, await bearer('ann'))
  const { session_id, project_id } = body as { session_id: string; project_id: string }
  const [root] = (body.graph as { roots: [string] }).roots
  const at = { app, session_id, project_id, root }
  await admit(at, 'eve', 'editor')
  await admit(at, 'vic', 'viewer')
  const properties = { phone: '1', salary: first }
  const data = { blueprint_type_id: 'person', name: 'P', parent_id: root, node_id: 'p', properties }
  await execute(at, 'ann', ['CreateNode', data, { label: 'hired' }])
  await execute(at, 'eve', ['DeleteNode', { node_id: 'p' }])
  await asks(at, 'eve', ['POST', `/sessions/${session_id}/undo`, {}])
  for (const new_value of [between, last]) {
    await execute(at, 'ann', ['UpdateProperty', { node_id: 'p', property_id: 'salary', new_value }])
  }
  return at
}

const set = (property_id: string, new_value: unknown, rest: object = {}) => ({
  command_type: 'UpdateProperty',
  data: { node_id: 'p', property_id, new_value, ...rest },
})

/** Everything that may be asked about a node and what it holds, what writes included. */
function requests({ session_id, project_id }: Company): [string, string, unknown?][] {
  const path = `/sessions/${session_id}`
  const search = (property: object) => ({ session_id, property: [property] })
  const eq = { property_id: 'salary', operator: 'eq', value: '5000' }
  const commands = [
    set('salary', '5000'),
    set('salary', '7000', { old_value: '5000' }),
    set('salary', { deep: { key: 1 } }),
    set('phone', '1'),
    set('phone', '2', { old_value: '9' }),
    { command_type: 'DeleteProperty', data: { node_id: 'p', property_id: 'salary' } },
    { command_type: 'DeleteProperty', data: { node_id: 'p', property_id: 'nothing' } },
  ]
  return [
    ['GET', `/graph?session_id=${session_id}`],
    ['GET', `/graph?session_id=${session_id}&at_seq=3`],
    ['GET', `${path}/graph/tree`],
    ['GET', `${path}${NODE}`],
    ['GET', `${path}${NODE}/affordances`],
    ['GET', `${path}${NODE}/history`],
    ['GET', `${path}/history`],
    ['GET', `${path}/changes`],
    ['GET', `${path}/diff?from_seq=0`],
    ['GET', `${path}/diff?from_seq=4`],
    ['GET', `/projects/${project_id}/export`],
    ['POST', '/graph/search', search(eq)],
    ['POST', '/graph/search', search({ property_id: 'salary', operator: 'exists', value: false })],
    ['POST', '/graph/search', search({ property_id: 'grade', operator: 'gt', value: 0 })],
    ['POST', '/graph/search', { session_id, text: '000' }],
    ...commands.flatMap((command): [string, string, unknown][] => [
      ['POST', '/commands/preview', { session_id, ...command }],
      ['POST', '/commands/execute', { session_id, ...command }],
    ]),
    ['POST', `${path}/redo`, {}],
    ['POST', `${path}/undo`, {}],
    ['POST', `${path}/redo`, {}],
  ]
}

/** A server whose ids, times and links are counted, so that two of them say the same. */
function counted(): Promise<TestApp> {
  let ids = 0
  let ticks = 0
  const newId = () => `id-${++ids}`
  const now = () => new Date(Date.UTC(2026, 0, 1) + 1_000 * ++ticks).toISOString()
  return quickApp({ ...WITH_RULES, journal: createMemoryJournal(), newId, now })
}

/** Deeper than a payload may be: a refusal says where. */
function nested(key: string): unknown {
  let value: unknown = 1
  for (let depth = 0; depth < 120; depth += 1) value = { [key]: value }
  return value
}

const HEADERS = ['etag', 'vary', 'content-type']

/** All that eve and vic are told, by answers and by events. */
async function toldIn(hidden: Hidden): Promise<unknown[]> {
  await using app = await counted()
  const at = await company(app, hidden)
  const watching = [
    await joined(at, 'vic'),
    await joined(at, 'vic', { stream: 'changes', last_seq: 0 }),
    await graphClientOf(at, 'vic'),
  ]
  const told: unknown[] = []
  for (const [method, path, body] of requests(at)) {
    for (const sub of ['eve', 'vic']) {
      const answer = await asks(at, sub, [method, path, body])
      // Whether an answer is sent in parts, which may be compressed, is a matter of the moment.
      const headers = HEADERS.map(
        (name) => answer.headers.get(name)?.replace(/(?:, )?accept-encoding/, '') || null,
      )
      told.push([method, path, body, sub, answer.status, headers, answer.body])
    }
  }
  // What ann is refused is told to the room, and must not say what she wanted to write.
  const refused = [{ [String(hidden.last)]: 1 }, nested(String(hidden.last))]
  for (const new_value of refused) {
    await execute(at, 'ann', ['UpdateProperty', set('grade', new_value).data])
  }
  for (const client of watching) {
    await client.settled()
    told.push(client.received)
  }
  const text = JSON.stringify(told)
    .replaceAll(/"(client_id|error_id)":"[^"]*"/g, '"$1":""')
    // How long the viewer's token is valid: by the clock of the machine.
    .replaceAll(/"expires_in_ms":\d+/g, '"expires_in_ms":0')
  return JSON.parse(text) as unknown[]
}

const SAME: Hidden = { first: '5000', between: '6000', last: '5000' }

test.each([
  ['another value', { ...SAME, last: '7000' }],
  ['nothing at first', { first: '', between: 'a', last: 'b' }],
  ['other lengths', { first: 'x', between: 'y'.repeat(1_000), last: 'z'.repeat(100) }],
])('[VIEW7] a role is told the same, whatever is hidden from it: %s', async (_title, hidden) => {
  expect(await toldIn(hidden)).toEqual(await toldIn(SAME))
})
