import { startTestServer } from '@talus/server/testing'

/** A running server and a way to ask it. */
export type LiveServer = {
  url: string
  ask: (method: string, path: string, body?: unknown) => Promise<Answer>
  close: () => Promise<void>
}

export type Answer = { status: number; body: Record<string, unknown> }

async function ask(url: string, method: string, body: unknown): Promise<Answer> {
  const response = await fetch(url, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

/** The real server, with a journal in memory. */
export async function startServer(): Promise<LiveServer> {
  const { url, close } = await startTestServer()
  return { url, close, ask: (method, path, body) => ask(`${url}/api/v1${path}`, method, body) }
}

/** What the examples are about, as it is called on the server. */
export type Scene = { session_id: string; project_id: string; link_id: string }

/** What the examples call by a name that the server gives. */
export const CALLED: Record<string, keyof Scene> = {
  '550e8400-e29b-41d4-a716-446655440000': 'session_id',
  'p-1': 'project_id',
  'link-1': 'link_id',
}

/** An example about this scene: the ids that a server gives take the place of those it names. */
export function about<T>(scene: Scene, example: T): T {
  if (example === undefined) return example
  const text = JSON.stringify(example, (_key, value: unknown) => {
    const key = typeof value === 'string' ? CALLED[value] : undefined
    return key === undefined ? value : scene[key]
  })
  return JSON.parse(text) as T
}

const FILE = {
  graph: {
    nodes: [
      { id: 'phase-1', type: 'phase', name: 'Post-production', children: ['task-1'] },
      { id: 'task-1', type: 'task', name: 'Cut the trailer' },
      { id: 'phase-2', type: 'phase', name: 'Release' },
    ],
  },
}

/** A project as the examples know it: two phases, a task, a member, a link, more than seven entries. */
export async function newScene({ ask: send }: LiveServer): Promise<Scene> {
  const { body: project } = await send('POST', '/projects/import', FILE)
  const { session_id, project_id } = project as Scene
  for (const new_value of ['2026-02-01', '2026-02-02', '2026-02-03', '2026-02-04', '2026-02-05']) {
    const data = { node_id: 'task-1', property_id: 'due_date', new_value }
    await send('POST', '/commands/execute', { session_id, command_type: 'UpdateProperty', data })
  }
  for (const new_value of ['not-started', 'in-progress', 'done']) {
    const data = { node_id: 'task-1', property_id: 'status', new_value }
    await send('POST', '/commands/execute', { session_id, command_type: 'UpdateProperty', data })
  }
  await send('PUT', `/sessions/${session_id}/members/ann`, { role: 'editor' })
  const { body } = await send('POST', `/sessions/${session_id}/share-links`, { role: 'viewer' })
  return { session_id, project_id, link_id: (body['link'] as Scene).link_id }
}
