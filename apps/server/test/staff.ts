import { fileURLToPath } from 'node:url'
import type { Role } from '@talus/protocol'
import { expect } from 'vitest'
import { quickApp, testApp, type RawClient, type TestApp } from './harness.js'
import { bearer, SECRET, tokenFor } from './tokens.js'

export const TEMPLATES = fileURLToPath(new URL('./fixtures/access', import.meta.url))

/** A server with authentication and the template `staff`, which has rules of access. */
export const WITH_RULES = { args: ['--jwt-secret', SECRET], templatesDir: TEMPLATES }

/** A company of ann's, in which eve edits and vic looks on. */
export type Company = { app: TestApp; session_id: string; project_id: string; root: string }

type Answer = Record<string, unknown>

export async function admit({ app, session_id }: Company, actor_id: string, role: Role) {
  const path = `/sessions/${session_id}/members/${actor_id}`
  const { status } = await app.api('PUT', path, { role }, await bearer('ann'))
  expect(status).toBe(200)
}

async function founded(app: TestApp): Promise<Company> {
  const made = { template_id: 'staff', project_name: 'Acme' }
  const { status, body } = await app.api('POST', '/projects', made, await bearer('ann'))
  expect(status).toBe(201)
  const { roots } = body.graph as { roots: [string] }
  const { session_id, project_id } = body as { session_id: string; project_id: string }
  const company = { app, session_id, project_id, root: roots[0] }
  await admit(company, 'eve', 'editor')
  await admit(company, 'vic', 'viewer')
  return company
}

export async function company(): Promise<Company> {
  return founded(await quickApp(WITH_RULES))
}

/** The same with a disk below it, so that it can be restarted. */
export async function lastingCompany(options: { templatesDir?: string } = {}): Promise<Company> {
  return founded(await testApp({ ...WITH_RULES, ...options }))
}

/** A client on `/` who has proven to be somebody and has not joined yet. */
export async function clientOf({ app }: Company, sub: string, auth = {}): Promise<RawClient> {
  return app.client({ auth: { token: await tokenFor(sub), ...auth } })
}

/** A client on `/` who has joined. */
export async function joined(at: Company, sub: string, how: object = {}): Promise<RawClient> {
  const client = await clientOf(at, sub)
  const { session_id } = at
  expect(await client.ask('join_session', { session_id, ...how })).toMatchObject({ ok: true })
  return client
}

/** A client on `/graph`. */
export async function graphClientOf(at: Company, sub: string): Promise<RawClient> {
  const { app, session_id } = at
  return app.graphClient(session_id, { auth: { session_id, token: await tokenFor(sub) } })
}

/** Executes what has to succeed, by REST. */
export async function execute(
  { app, session_id }: Company,
  sub: string,
  [command_type, data, rest = {}]: readonly [string, object, object?],
): Promise<Answer> {
  const body = { session_id, command_type, data, ...rest }
  const answer = await app.api('POST', '/commands/execute', body, await bearer(sub))
  return answer.body
}

/** REST as somebody. */
export async function asks(
  { app }: Company,
  sub: string,
  [method, path, body, headers = {}]: readonly [string, string, unknown?, object?],
) {
  return app.api(method, path, body, { ...(await bearer(sub)), ...headers })
}

export function codeOf(answer: Answer): unknown {
  return (answer.error as { code?: unknown } | undefined)?.code
}
