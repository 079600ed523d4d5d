import { expect, test } from 'vitest'
import { DOORS, openDoor, type DoorName } from './doors.js'
import { quickApp, testApp, type TestApp } from './harness.js'

/** Names that plain objects have already, or that give them another prototype. */
const NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  '__defineGetter__',
  '__lookupSetter__',
  'toJSON',
  'then',
]

const REFUSED = '__proto__'
const ACCEPTED = NAMES.filter((name) => name !== REFUSED)

function expectUnpolluted(): void {
  expect(({} as { x?: unknown }).x).toBeUndefined()
  expect(Object.keys(Object.prototype)).toEqual([])
}

/** An object with an own key of any name, however deep; a literal would set its prototype. */
function holding(name: string): unknown {
  return JSON.parse(`{"a":[{${JSON.stringify(name)}:{"x":1,${JSON.stringify(name)}:["x"]}}]}`)
}

function codeOf(answer: Record<string, unknown>): string {
  return (answer.error as { code: string } | undefined)?.code ?? 'ok'
}

async function graphOf(app: TestApp, session_id: string): Promise<unknown> {
  return (await app.api('GET', `/graph?session_id=${session_id}`)).body
}

/** Every place of a command that takes a name or a value; one node `n` is there before. */
function commandsWith(name: string): [type: string, data: object][] {
  const named = JSON.parse(`{${JSON.stringify(name)}:1}`) as object
  return [
    ['CreateNode', { blueprint_type_id: name, node_id: `of-${name}` }],
    ['CreateNode', { blueprint_type_id: 't', node_id: name, name, parent_id: 'n' }],
    ['CreateNode', { blueprint_type_id: 't', properties: named }],
    ['CreateNode', { blueprint_type_id: 't', properties: { p: holding(name) } }],
    ['UpdateProperty', { node_id: 'n', property_id: name, new_value: name }],
    ['UpdateProperty', { node_id: 'n', property_id: 'p', new_value: holding(name) }],
    ['UpdateProperty', { node_id: 'n', property_id: 'name', new_value: name }],
    ['MoveNode', { node_id: name, parent_id: null, position: { before: name } }],
    ['DeleteProperty', { node_id: 'n', property_id: name }],
    ['Batch', { label: name, commands: [{ command_type: 'DeleteNode', data: { node_id: name } }] }],
  ]
}

/** A display name, a label and a value are texts; only keys and ids can be refused. */
const TEXT_ONLY = new Set([6])

async function sendAll(
  app: TestApp,
  { door, session_id, name }: { door: DoorName; session_id: string; name: string },
): Promise<string[]> {
  await app.api('POST', '/sessions', { session_id })
  const { execute } = await openDoor(app, door, session_id)
  await execute('CreateNode', { blueprint_type_id: 't', node_id: 'n' })
  const codes: string[] = []
  for (const [type, data] of commandsWith(name)) codes.push(codeOf(await execute(type, data)))
  return codes
}

test.each(DOORS)(
  '[JOIN2] [CMD1] through %s, a name of every object in any place of a command is refused or kept',
  async (door) => {
    await using app = await testApp()
    const sessions = NAMES.map((name, i) => ({ door, name, session_id: `s${i}` }))
    const before: unknown[] = []
    for (const session of sessions) {
      const { name, session_id } = session
      const expected = commandsWith(name).map((_, i) =>
        name === REFUSED && !TEXT_ONLY.has(i) ? 'BAD_REQUEST' : 'ok',
      )
      expect([name, await sendAll(app, session)]).toEqual([name, expected])
      before.push(await graphOf(app, session_id))
    }
    expectUnpolluted()
    await using again = await app.restart()
    for (const [i, { session_id }] of sessions.entries()) {
      expect(await graphOf(again, session_id)).toEqual(before[i])
    }
    expectUnpolluted()
  },
)

test('[JOIN2] such a name as the id of a session, project, template or command type', async () => {
  await using app = await quickApp()
  await app.api('POST', '/sessions', { session_id: 's' })
  for (const name of NAMES) {
    const isRefused = name === REFUSED
    const unknown = isRefused ? 400 : 404
    const made = await app.api('POST', '/sessions', { session_id: name })
    expect([name, made.status]).toEqual([name, isRefused ? 400 : 201])
    for (const path of [
      `/projects/${name}`,
      `/templates/${name}/schema`,
      `/sessions/s/nodes/${name}`,
    ]) {
      expect([path, (await app.api('GET', path)).status]).toEqual([path, unknown])
    }
    const project = { template_id: name, project_name: name }
    expect((await app.api('POST', '/projects', project)).status).toBe(unknown)
    const command = { session_id: 's', command_type: name, data: {} }
    expect((await app.api('POST', '/commands/execute', command)).status).toBe(400)
  }
  expectUnpolluted()
})

test('[ACT1] [PRES1] such a name as an actor, a command id and in presence', async () => {
  await using app = await testApp()
  await app.graphClient('s')
  const nobody = await app.client()
  const refused = await nobody.ask('join_session', { session_id: 's', actor: REFUSED })
  expect(codeOf(refused)).toBe('BAD_REQUEST')
  for (const name of ACCEPTED) {
    const client = await (await app.client()).join('s', { actor: name })
    const state = holding(name)
    expect(await client.ask('update_presence', { session_id: 's', state })).toEqual({ ok: true })
    expect((await client.next('presence:changed')).state).toEqual(state)
    const data = { blueprint_type_id: 't', name }
    const created = await client.execute('s', 'CreateNode', data, { command_id: name })
    expect(created).toMatchObject({ ok: true, command_id: name })
    expect((await client.next('node-created')).actor).toEqual({ id: name })
    const again = await client.execute('s', 'CreateNode', data, { command_id: name })
    expect(again).toEqual({ ...created, duplicate: true })
  }
  await using again = await app.restart()
  const { body } = await again.api('GET', '/sessions/s/history')
  const actors = (body.entries as { actor: { id: string } }[]).map(({ actor }) => actor.id)
  expect(actors.toReversed()).toEqual(ACCEPTED)
  expectUnpolluted()
})

test('[JOIN2] a file that holds such a name comes out as it went in, or does not come in', async () => {
  await using app = await testApp()
  const kept: [path: string, document: unknown][] = []
  const importing = (name: string) => {
    const held = { properties: holding(name), metadata: holding(name) }
    return { graph: { nodes: [{ id: 'a', type: 't', ...held }] }, views: holding(name) }
  }
  expect((await app.api('POST', '/projects/import', importing(REFUSED))).status).toBe(400)
  for (const name of ACCEPTED) {
    const document = importing(name)
    const imported = await app.api('POST', '/projects/import', document)
    expect([name, imported.status]).toEqual([name, 201])
    const path = `/projects/${String(imported.body.project_id)}/export`
    const { body } = await app.api('GET', path)
    expect(body).toMatchObject(document)
    kept.push([path, body])
  }
  await using again = await app.restart()
  for (const [path, body] of kept) expect((await again.api('GET', path)).body).toEqual(body)
  expectUnpolluted()
})
