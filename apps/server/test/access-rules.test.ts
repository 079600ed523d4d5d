import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ERRORS } from '@talus/protocol'
import { expect, onTestFinished, test } from 'vitest'
import { quickApp } from './harness.js'
import {
  admit,
  asks,
  codeOf,
  company,
  execute,
  graphClientOf,
  joined,
  lastingCompany,
  WITH_RULES,
  type Company,
} from './staff.js'

const P = { node_id: 'p' }
const set = (property_id: string, new_value: unknown, more: object = {}) =>
  ['UpdateProperty', { ...P, property_id, new_value, ...more }] as const

/** A person p with a salary that eve must not learn. */
async function hire(at: Company): Promise<void> {
  const properties = { salary: '4200', phone: '1' }
  const person = { blueprint_type_id: 'person', node_id: 'p', parent_id: at.root, properties }
  expect(await execute(at, 'ann', ['CreateNode', person])).toMatchObject({ success: true })
}

const PLACE = { path: '/data/property_id', expected: 'the role owner' }

const FORBIDDEN = {
  code: 'FORBIDDEN',
  message: "Changing the property 'salary' needs the role owner",
  details: [{ ...PLACE, actual: 'editor' }],
  retryable: false,
}

/** What a room is told of a refusal where a view is limited (rule VIEW7). */
const NOT_PERMITTED = ERRORS.FORBIDDEN.description

test('[ACC2] [ACC3] every door refuses alike, whatever the value is', async () => {
  const at = await company()
  await using _ = at.app
  await hire(at)
  const { session_id } = at
  const [root, graph] = [await joined(at, 'eve'), await graphClientOf(at, 'eve')]
  const guesses = [
    set('salary', 'x'),
    set('salary', '4200'),
    set('salary', 'x', { old_value: '4200' }),
    set('salary', 'x', { old_value: '4201' }),
    ['DeleteProperty', { ...P, property_id: 'salary' }],
  ] as const
  for (const [command_type, data] of guesses) {
    const payload = { session_id, command_type, data }
    for (const client of [root, graph]) {
      expect(await client.ask('execute_command', payload)).toMatchObject({ error: FORBIDDEN })
      expect(await client.ask('preview_command', payload)).toMatchObject({ error: FORBIDDEN })
    }
    for (const path of ['/commands/execute', '/commands/preview']) {
      const { status, body } = await asks(at, 'eve', ['POST', path, payload])
      expect([status, body.error]).toEqual([403, FORBIDDEN])
    }
  }
  await root.settled()
  for (const failed of root.of('command:failed')) {
    expect(failed.error).toEqual({ ...FORBIDDEN, message: NOT_PERMITTED, details: [PLACE] })
  }
  await graph.settled()
  expect(graph.of('command:failed').at(-1)).toMatchObject({
    error: NOT_PERMITTED,
    code: 'FORBIDDEN',
  })
})

test('[ACC3] the id of somebody else’s command tells nothing of its payload', async () => {
  const at = await company()
  await using _ = at.app
  await hire(at)
  await execute(at, 'ann', [...set('salary', '5000'), { command_id: 'raise' }])
  await execute(at, 'ann', ['DeleteNode', P])
  for (const guess of ['5000', '6000']) {
    const answer = await execute(at, 'eve', [...set('salary', guess), { command_id: 'raise' }])
    expect([guess, codeOf(answer)]).toEqual([guess, 'COMMAND_ID_REUSED'])
  }
  const own = await execute(at, 'ann', [...set('salary', '5000'), { command_id: 'raise' }])
  expect(own).toMatchObject({ success: true, duplicate: true })
})

test('[ACC4] what was done as an owner is not undone as an editor', async () => {
  const at = await company()
  await using _ = at.app
  await hire(at)
  await admit(at, 'eve', 'owner')
  await execute(at, 'eve', set('salary', '5000'))
  await admit(at, 'eve', 'editor')
  const undo = ['POST', `/sessions/${at.session_id}/undo`, {}] as const
  expect(codeOf((await asks(at, 'eve', undo)).body)).toBe('FORBIDDEN')
  await admit(at, 'eve', 'owner')
  expect((await asks(at, 'eve', undo)).body).toMatchObject({ undo: { status: 'applied' } })
})

test('[ACC5] a load needs what the strictest rule asks for, in both sessions', async () => {
  const at = await company()
  await using _ = at.app
  const load = ['POST', `/projects/${at.project_id}/load`, {}] as const
  const refused = await asks(at, 'eve', load)
  expect(refused.body.error).toMatchObject({
    code: 'FORBIDDEN',
    details: [{ expected: 'the role owner', actual: 'editor' }],
  })
  expect((await asks(at, 'ann', load)).status).toBe(200)
  const other = await asks(at, 'eve', ['POST', '/sessions', { session_id: 'of-eve' }])
  expect(other.status).toBe(201)
  const away = ['POST', `/projects/${at.project_id}/load`, { session_id: 'of-eve' }] as const
  expect(codeOf((await asks(at, 'eve', away)).body)).toBe('FORBIDDEN')
  const made = { session_id: 'of-ann', template_id: 'staff' }
  await asks(at, 'ann', ['POST', '/sessions', made])
  await asks(at, 'ann', ['PUT', '/sessions/of-ann/members/eve', { role: 'editor' }])
  await admit(at, 'eve', 'owner')
  const into = ['POST', `/projects/${at.project_id}/load`, { session_id: 'of-ann' }] as const
  expect(codeOf((await asks(at, 'eve', into)).body)).toBe('FORBIDDEN')
  expect((await asks(at, 'ann', into)).status).toBe(200)
})

test('[ACC6] a template that can no longer be read opens nothing', async () => {
  const templatesDir = mkdtempSync(join(tmpdir(), 'talus-rules-'))
  onTestFinished(() => rmSync(templatesDir, { recursive: true }))
  const rules = '{ see: owner }'
  const template = `node_types: [{ id: person, properties: [{ id: salary, type: text, access: ${rules} }] }]`
  writeFileSync(join(templatesDir, 'staff.yaml'), template)
  const at = await lastingCompany({ templatesDir })
  await using app = at.app
  const person = { blueprint_type_id: 'person', node_id: 'p', properties: { salary: '4200' } }
  await execute(at, 'ann', ['CreateNode', person])
  writeFileSync(join(templatesDir, 'staff.yaml'), 'node_types: oops')
  await using again = await app.restart()
  const later = { ...at, app: again }
  const path = `/graph?session_id=${at.session_id}`
  for (const sub of ['vic', 'eve']) {
    const { status, body } = await asks(later, sub, ['GET', path])
    expect(status).toBe(200)
    expect(JSON.stringify(body)).not.toContain('4200')
  }
  expect(codeOf(await execute(later, 'eve', set('name', 'P')))).toBe('FORBIDDEN')
  expect(JSON.stringify((await asks(later, 'ann', ['GET', path])).body)).toContain('4200')
  expect(await execute(later, 'ann', set('name', 'P'))).toMatchObject({ success: true })
})

test('[AFF1] [ACC2] affordances are those of the caller', async () => {
  const at = await company()
  await using _ = at.app
  await hire(at)
  const ask = ['GET', `/sessions/${at.session_id}/nodes/p/affordances`] as const
  const ids = async (sub: string) => {
    const { properties } = (await asks(at, sub, ask)).body as { properties: { id: string }[] }
    return properties.map(({ id }) => id)
  }
  expect(await ids('vic')).toEqual([])
  expect(await ids('eve')).toEqual(['name', 'phone'])
  expect(await ids('ann')).toEqual(['name', 'phone', 'salary', 'grade', 'review'])
})

test('[ACC1] the schema and the report of a template show its rules', async () => {
  const at = await company()
  await using _ = at.app
  const { body: schema } = await asks(at, 'vic', ['GET', '/templates/staff/schema'])
  expect(schema.node_types).toMatchObject([
    { id: 'company', access: { create: 'owner', change: 'owner' } },
    { id: 'person', properties: [{}, {}, { id: 'salary', access: { see: 'owner' } }, {}, {}] },
    { id: 'file', access: { see: 'owner' } },
  ])
  const { body: report } = await asks(at, 'vic', [
    'POST',
    '/templates/validate',
    { template: schema },
  ])
  expect(report).toMatchObject({
    valid: true,
    access: [
      { node_type: 'company', create: 'owner', change: 'owner', see: 'viewer' },
      { node_type: 'person', create: 'editor', change: 'editor', see: 'viewer' },
      { node_type: 'file', create: 'editor', change: 'editor', see: 'owner' },
    ],
  })
})

test('[AUTH1] without authentication everybody is an owner, and no rule is in the way', async () => {
  await using open = await quickApp({ templatesDir: WITH_RULES.templatesDir })
  await open.api('POST', '/sessions', { session_id: 's', template_id: 'staff' })
  const client = await open.client()
  await client.join('s')
  const data = { blueprint_type_id: 'person', properties: { salary: '4200' } }
  expect(await client.execute('s', 'CreateNode', data)).toMatchObject({ ok: true })
  expect(await client.next('node-created')).toMatchObject({
    node: { properties: { salary: '4200' } },
  })
})
