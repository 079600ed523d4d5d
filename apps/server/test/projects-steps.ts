import type { ProjectDocument } from '@talus/protocol'
import { expect } from 'vitest'
import type { TestApp } from './harness.js'

export type Opened = {
  project_id: string
  project_name: string
  session_id: string
  graph: { seq: number; nodes: { id: string; name: string; properties: object }[] }
  orphans: { nodes: string[]; properties: object[] }
}

export const NEW_FILM = { template_id: 'film-production', project_name: 'Talus' }

export async function created(app: TestApp): Promise<Opened> {
  const { status, body } = await app.api('POST', '/projects', NEW_FILM)
  expect(status).toBe(201)
  return body as unknown as Opened
}

export async function imported(
  app: TestApp,
  document: ProjectDocument,
  query = '',
): Promise<Opened> {
  const { status, body } = await app.api('POST', `/projects/import${query}`, document)
  expect(body.error).toBeUndefined()
  expect(status).toBe(201)
  return body as unknown as Opened
}

/** Adds a shooting day below the root. */
export async function edited(app: TestApp, { session_id, graph }: Opened): Promise<void> {
  const data = { blueprint_type_id: 'shooting_day', name: 'One', parent_id: graph.nodes[0]?.id }
  const body = { session_id, command_type: 'CreateNode', data }
  expect(await app.api('POST', '/commands/execute', body)).toMatchObject({ status: 200 })
}

export async function names(app: TestApp, session_id: string): Promise<string[]> {
  const { body } = await app.api('GET', `/graph?session_id=${session_id}`)
  return (body as unknown as Opened['graph']).nodes.map(({ name }) => name)
}

export function refusal(status: number, code: string) {
  return { status, body: { success: false, error: { code } } }
}
