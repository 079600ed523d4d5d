import { randomBytes } from 'node:crypto'
import { randomUUID } from 'node:crypto'
import { VISITORS, type VisitorName } from '@talus/protocol'
import type { TestApp } from '../harness.js'
import { bearer, tokenFor } from '../tokens.js'

/** What somebody presents: headers for REST, `auth` for a handshake. */
export type Presents = { headers: Record<string, string>; auth: Record<string, string> }

/** A project with its session, and everybody whom the access table tells apart. */
export type Scene = {
  session_id: string
  project_id: string
  /** The link that owners may revoke; nobody in the scene came by it. */
  link_id: string
  /** A text that stands in names, properties and labels of this session, and nowhere else. */
  secret: string
  visitors: Record<VisitorName, Presents>
}

/** The ids are those of the contract's examples, so that these can be sent as they are. */
function projectFile(secret: string) {
  const task = { type: 'task', name: secret, properties: { status: 'open', due_date: secret } }
  return {
    graph: {
      nodes: [
        { id: 'phase-1', type: 'phase', name: secret, children: ['task-1'] },
        { id: 'phase-2', type: 'phase', name: secret },
        { id: 'task-1', ...task },
      ],
    },
  }
}

async function make(
  app: TestApp,
  path: string,
  { body, method = 'POST' }: { body: unknown; method?: string },
): Promise<Record<string, unknown>> {
  const answer = await app.api(method, path, body, await bearer('ann'))
  if (answer.status >= 300) throw new Error(`${path}: ${JSON.stringify(answer.body)}`)
  return answer.body
}

async function presentsOf(app: TestApp, name: VisitorName, session_id: string): Promise<Presents> {
  const { proof, role } = VISITORS[name]
  const path = `/sessions/${session_id}`
  if (proof === 'none') return { headers: {}, auth: {} }
  if (proof === 'link') {
    const made = await make(app, `${path}/share-links`, { body: { role } })
    const share_token = String(made.token)
    // One guest over all requests and connections (rule AUTH11).
    const guest_token = randomBytes(32).toString('base64url')
    const headers = { 'x-share-token': share_token, 'x-guest-token': guest_token }
    return { headers, auth: { share_token, guest_token } }
  }
  const isMember = role !== null && name !== 'administrator'
  if (isMember) await make(app, `${path}/members/${name}`, { method: 'PUT', body: { role } })
  return { headers: await bearer(name), auth: { token: await tokenFor(name) } }
}

/** A session of ann's. The server has to know `administrator` as one. */
export async function newScene(app: TestApp): Promise<Scene> {
  const secret = `secret-${randomUUID()}`
  const query = `?project_name=${secret}`
  const made = await make(app, `/projects/import${query}`, { body: projectFile(secret) })
  const { session_id, project_id } = made as { session_id: string; project_id: string }
  const data = { node_id: 'phase-2', property_id: 'note', new_value: secret }
  const command = { session_id, command_type: 'UpdateProperty', data, label: secret }
  await make(app, '/commands/execute', { body: command })
  const linked = await make(app, `/sessions/${session_id}/share-links`, {
    body: { role: 'viewer' },
  })
  const { link_id } = linked.link as { link_id: string }
  const visitors = {} as Record<VisitorName, Presents>
  for (const name of Object.keys(VISITORS) as VisitorName[]) {
    visitors[name] = await presentsOf(app, name, session_id)
  }
  return { session_id, project_id, link_id, secret, visitors }
}

/** Everything that a request could have changed, as text. */
export async function stateOf(app: TestApp, { session_id }: Scene): Promise<string> {
  const headers = await bearer('administrator')
  const paths = [
    '/projects',
    `/graph?session_id=${session_id}`,
    ...['changes', 'members', 'share-links'].map((part) => `/sessions/${session_id}/${part}`),
  ]
  const parts = await Promise.all(paths.map((path) => app.api('GET', path, undefined, headers)))
  const listed = await app.api('GET', '/sessions', undefined, headers)
  const sessions = listed.body.sessions as { session_id: string; seq: number }[]
  return JSON.stringify([
    ...parts.map(({ body }) => body),
    sessions.map(({ session_id: id, seq }) => [id, seq]),
  ])
}
