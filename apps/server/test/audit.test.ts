import { mkdtemp, readFile, rename, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { capturedLog, type LogLine } from './captured-log.js'
import { quickApp, type RawClient, type TestApp } from './harness.js'
import { scrape } from './scrape.js'
import { launch } from './server-process.js'
import { bearer, SECRET, tokenFor } from './tokens.js'

const WITH_AUTH = { args: ['--jwt-secret', SECRET, '--admins', 'root'] }

const CREATE = { blueprint_type_id: 'task', name: 'A task' }

/** A server whose audit log is kept, and what it holds of an event. */
async function auditedApp(options: object = WITH_AUTH) {
  const log = capturedLog('error')
  const app = await quickApp({ ...options, logger: log.logger })
  const audit = () => log.lines().filter((line) => line.audit === true)
  const of = (event: string) => audit().filter((line) => line.event === event)
  return { app, audit, of }
}

async function sessionOf(app: TestApp, sub: string): Promise<string> {
  const { body } = await app.api('POST', '/sessions', {}, await bearer(sub))
  return String(body.session_id)
}

async function clientOf(app: TestApp, sub: string, auth: object = {}): Promise<RawClient> {
  return app.client({ auth: { token: await tokenFor(sub), ...auth } })
}

test('who comes into a session and goes is accounted for, on both namespaces', async () => {
  const { app, of } = await auditedApp()
  await using _ = app
  const session_id = await sessionOf(app, 'ann')
  const root = await clientOf(app, 'ann')
  await root.join(session_id)
  await root.join(session_id, { stream: 'changes' })
  const graph = await app.graphClient(session_id, {
    auth: { session_id, token: await tokenFor('root') },
  })
  const ann = { actor_id: 'ann', session_id, door: '/', client_id: root.socket.id }
  const admin = { actor_id: 'root', session_id, door: '/graph', admin: true, outcome: 'done' }
  expect(of('session.joined')).toMatchObject([
    { ...ann, address: expect.stringContaining('127.0.0.1') },
    admin,
  ])
  await root.ask('leave_session', { session_id })
  await root.ask('leave_session', { session_id })
  graph.socket.disconnect()
  await root.settled()
  while (of('session.left').length < 2) await root.settled()
  expect(of('session.left')).toMatchObject([ann, admin])
})

test('what is there already is not created once more', async () => {
  const { app, of } = await auditedApp()
  await using _ = app
  const ann = await bearer('ann')
  const session = { session_id: 'mine' }
  const project = { template_id: 'film-production', project_name: 'P', command_id: 'c' }
  const file = { graph: { nodes: [{ id: 'a', type: 'x' }] } }
  for (let n = 0; n < 2; n += 1) {
    expect((await app.api('POST', '/sessions', session, ann)).status).toBe(201)
    expect((await app.api('POST', '/projects', project, ann)).status).toBe(201)
    const imported = await app.api('POST', '/projects/import?command_id=i', file, ann)
    expect(imported.status).toBe(201)
  }
  expect(of('session.created')).toMatchObject([{ session_id: 'mine' }])
  expect(of('project.created')).toHaveLength(2)
})

test('a session that is deleted has seen everybody leave', async () => {
  const { app, of } = await auditedApp()
  await using _ = app
  const session_id = await sessionOf(app, 'ann')
  await (await clientOf(app, 'ann')).join(session_id)
  await app.graphClient(session_id, { auth: { session_id, token: await tokenFor('ann') } })
  await app.api('DELETE', `/sessions/${session_id}`, undefined, await bearer('ann'))
  expect(of('session.left')).toHaveLength(2)
  expect(of('session.deleted')).toMatchObject([{ actor_id: 'ann', session_id, door: 'rest' }])
})

test('[AUTH2] every denial leaves a line, whatever the door', async () => {
  const { app, of } = await auditedApp()
  await using _ = app
  const session_id = await sessionOf(app, 'ann')
  const eve = await clientOf(app, 'eve')
  await eve.ask('join_session', { session_id })
  await eve.execute(session_id, 'CreateNode', CREATE)
  await eve.ask('update_presence', { session_id, state: null })
  const socket = { actor_id: 'eve', session_id, door: '/', code: 'FORBIDDEN', outcome: 'denied' }
  expect(of('request.denied')).toMatchObject([
    { ...socket, asked: 'join_session' },
    { ...socket, asked: 'execute_command' },
    { ...socket, asked: 'update_presence' },
  ])
  const headers = { ...(await bearer('eve')), 'x-session-id': session_id }
  await app.api('POST', '/commands/execute', { command_type: 'CreateNode', data: CREATE }, headers)
  await app.api('GET', `/sessions/${session_id}/members`, undefined, headers)
  await app.api('GET', '/sessions')
  const execute = 'POST /api/v1/commands/execute'
  expect(of('request.denied').slice(3)).toMatchObject([
    { actor_id: 'eve', session_id, door: 'rest', code: 'FORBIDDEN', asked: execute },
    { asked: 'GET /api/v1/sessions/{session_id}/members', session_id, code: 'FORBIDDEN' },
    { asked: 'GET /api/v1/sessions', code: 'UNAUTHORIZED' },
  ])
  await expect(app.client()).rejects.toThrow('Authentication is required')
  const auth = { session_id, token: await tokenFor('eve') }
  await expect(app.graphClient(session_id, { auth })).rejects.toThrow('no role')
  expect(of('connection.denied')).toMatchObject([
    { door: '/', code: 'UNAUTHORIZED' },
    { door: '/graph', code: 'FORBIDDEN', actor_id: 'eve', session_id },
  ])
})

test('[AUTH4] [AUTH6] who loses a role or whose token ends is accounted for', async () => {
  const { app, of } = await auditedApp({
    args: [...WITH_AUTH.args, '--jwt-clock-tolerance', '0'],
  })
  await using _ = app
  const session_id = await sessionOf(app, 'ann')
  const path = `/sessions/${session_id}/members/ben`
  await app.api('PUT', path, { role: 'editor' }, await bearer('ann'))
  const ben = await clientOf(app, 'ben')
  await ben.join(session_id)
  await app.api('DELETE', path, undefined, await bearer('ann'))
  await ben.next('error')
  expect(of('role.lost')).toMatchObject([{ actor_id: 'ben', session_id, code: 'FORBIDDEN' }])
  const by = { actor_id: 'ann', session_id, member_id: 'ben' }
  expect(of('member.changed')).toMatchObject([{ ...by, role: 'editor' }])
  expect(of('member.removed')).toMatchObject([by])
  const expires = Math.ceil(Date.now() / 1_000) + 1
  const carl = await app.client({ auth: { token: await tokenFor('carl', { expires }) } })
  await carl.next('error')
  const stale = await tokenFor('dora', { expires: expires - 3_600 })
  await expect(app.client({ auth: { token: stale } })).rejects.toThrow('expired')
  await app.api('GET', '/sessions', undefined, { authorization: `Bearer ${stale}` })
  expect(of('connection.denied')).toMatchObject([{ reason: 'expired' }])
  expect(of('request.denied')).toMatchObject([{ reason: 'expired', door: 'rest' }])
  expect(of('connection.expired')).toMatchObject([{ actor_id: 'carl', code: 'UNAUTHORIZED' }])
})

test('a page of another origin leaves a line', async () => {
  const { app, of } = await auditedApp({ args: ['--cors-origins', 'https://mine.example'] })
  await using _ = app
  const answer = await fetch(`${app.url}/socket.io/?EIO=4&transport=polling`, {
    headers: { origin: 'https://other.example' },
  })
  expect(answer.status).toBe(403)
  expect(of('origin.denied')).toMatchObject([{ code: 'FORBIDDEN', outcome: 'denied' }])
})

test('administrative acts are accounted for with who, what and whom', async () => {
  const { app, audit } = await auditedApp()
  await using _ = app
  const by = await bearer('ann')
  const made = await app.api(
    'POST',
    '/projects',
    { template_id: 'software-release', project_name: 'P' },
    by,
  )
  const { project_id, session_id } = made.body as Record<string, string>
  const links = `/sessions/${session_id}/share-links`
  const link = await app.api('POST', links, { role: 'viewer' }, by)
  const { link_id } = link.body.link as { link_id: string }
  await app.api('DELETE', `${links}/${link_id}`, undefined, by)
  await app.api('POST', `/sessions/${session_id}/restore`, { seq: 0 }, by)
  await app.api('POST', `/projects/${project_id}/load`, {}, by)
  await app.api('GET', `/sessions/${session_id}`, undefined, await bearer('root'))
  await app.api('GET', `/sessions/${session_id}`, undefined, by)
  await app.api('DELETE', `/projects/${project_id}`, undefined, await bearer('root'))
  const own = { actor_id: 'ann', session_id, outcome: 'done' }
  expect(audit().map(({ event }) => event)).toEqual([
    'project.created',
    'share-link.created',
    'share-link.revoked',
    'session.restored',
    'project.loaded',
    'admin.access',
    'project.deleted',
  ])
  expect(audit()).toMatchObject([
    { ...own, project_id },
    { ...own, link_id, role: 'viewer' },
    { ...own, link_id },
    own,
    { ...own, project_id },
    { actor_id: 'root', admin: true, asked: 'GET /api/v1/sessions/{session_id}' },
    { actor_id: 'root', admin: true, project_id },
  ])
  expect(JSON.stringify(audit())).not.toContain(String(link.body.token))
})

test('denials beyond ten a second are counted, not written', async () => {
  let endSecond = (): void => undefined
  const after = (ms: number, work: () => void) => {
    if (ms === 1_000) endSecond = work
  }
  const { app, of } = await auditedApp({ ...WITH_AUTH, after })
  await using _ = app
  for (let i = 0; i < 25; i += 1) await app.api('GET', '/sessions')
  expect(of('request.denied')).toHaveLength(10)
  endSecond()
  expect(of('request.denied').at(-1)).toMatchObject({ code: 'UNAUTHORIZED', suppressed: 15 })
  await app.api('GET', '/sessions')
  expect(of('request.denied')).toHaveLength(12)
  const seen = await scrape(app.url, await bearer('root'))
  const denied = { event: 'request.denied', code: 'UNAUTHORIZED' }
  expect(seen.value('talus_denials_total', denied)).toBe(26)
})

async function linesOf(file: string): Promise<LogLine[]> {
  const text = await readFile(file, 'utf8')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LogLine)
}

test('--audit-log has a file of its own, for its owner only, opened again on SIGHUP', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'talus-audit-'))
  const file = join(folder, 'audit.log')
  const args = ['--port', '0', '--data-dir', folder, '--audit-log', file]
  await using server = launch(args)
  const { url } = JSON.parse(await server.greeting) as { url: string }
  const create = (session_id: string) =>
    fetch(`${url}/api/v1/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ session_id }),
    })
  await create('one')
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  await rename(file, `${file}.1`)
  server.kill('SIGHUP')
  for (let n = 0; !(await stat(file).catch(() => undefined)); n += 1) await create(`one-${n}`)
  await create('two')
  const created = { audit: true, event: 'session.created', outcome: 'done', door: 'rest' }
  expect((await linesOf(`${file}.1`))[0]).toMatchObject({ ...created, session_id: 'one' })
  expect((await linesOf(file)).at(-1)).toMatchObject({ ...created, session_id: 'two' })
  server.kill('SIGTERM')
  const { code, stderr } = await server.ended
  expect([code, stderr.includes('session.created')]).toEqual([0, false])
})

test('an audit log that cannot be opened is named, and the server does not start', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'talus-audit-'))
  const file = join(folder, 'none', 'audit.log')
  const args = ['--port', '0', '--data-dir', folder, '--audit-log', file]
  const { code, stderr } = await launch(args).ended
  expect([code, stderr]).toEqual([1, expect.stringContaining('--audit-log (TALUS_AUDIT_LOG)')])
  expect(stderr).not.toMatch(/^ +at /m)
})

test('an audit log on a full disk fails no request', async () => {
  const log = capturedLog('error')
  await using app = await quickApp({ args: ['--audit-log', '/dev/full'], logger: log.logger })
  expect((await app.api('POST', '/sessions', { session_id: 's' })).status).toBe(201)
  expect((await app.api('DELETE', '/sessions/s')).status).toBe(200)
  expect(log.text()).toContain('the audit log cannot be written')
})
