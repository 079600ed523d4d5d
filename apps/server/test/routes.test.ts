import {
  ANY_ROUTE_ERRORS,
  API_PREFIX,
  check,
  ErrorEnvelope,
  ERRORS,
  ROUTES,
  type RouteName,
} from '@talus/protocol'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testApp, type RestAnswer, type TestApp } from './harness.js'
import { TEMPLATES } from './templates.js'

/** What there is before a route is asked: a project of `studio` with a phase, a member, a link. */
type Scene = { session_id: string; project_id: string; root_id: string; link_id: string }

/** A request to a route; its path parameters come from the scene unless they are given. */
type Ask = { params?: Record<string, string>; query?: string; body?: unknown; headers?: object }

/** Requests that succeed, and requests that are refused, with their codes. */
type Case = { succeeds: Ask[]; refused: [Ask, keyof typeof ERRORS][] }

async function newScene(): Promise<Scene> {
  const project = { template_id: 'studio', project_name: 'Pilot' }
  const { body } = await app.api('POST', '/projects', project)
  const { session_id, project_id, graph } = body as never as Scene & { graph: { roots: string[] } }
  const root_id = graph.roots[0] ?? ''
  const data = { blueprint_type_id: 'phase', node_id: 'phase', parent_id: root_id }
  for (const node_id of ['phase', 'second']) {
    const command = { session_id, command_type: 'CreateNode', data: { ...data, node_id } }
    await app.api('POST', '/commands/execute', command, { 'x-actor-id': 'ann' })
  }
  await app.api('POST', `/sessions/${session_id}/undo`, {}, { 'x-actor-id': 'ann' })
  await app.api('PUT', `/sessions/${session_id}/members/ann`, { role: 'editor' })
  const linked = await app.api('POST', `/sessions/${session_id}/share-links`, { role: 'viewer' })
  const { link_id } = linked.body.link as { link_id: string }
  return { session_id, project_id, root_id, link_id }
}

const ANN = { 'x-actor-id': 'ann' }
const noSession = { params: { session_id: 'none' } }
const noProject = { params: { project_id: 'none' } }

const command = (command_type: string, data: object, rest: object = {}) => ({
  body: { command_type, data, ...rest },
})

const phase = { blueprint_type_id: 'phase' }
const set = (data: object) => command('UpdateProperty', { node_id: 'phase', ...data })

const link = (parent_id: string, child_id: string) => ({ parent_id, child_id })

/** Refusals that executing and preview share. */
const COMMAND_REFUSALS: [Ask, keyof typeof ERRORS][] = [
  [{ ...command('CreateNode', phase), headers: { 'x-session-id': 'none' } }, 'SESSION_NOT_FOUND'],
  [command('CreateNode', phase, { session_id: 'none' }), 'BAD_REQUEST'],
  [{ body: {} }, 'BAD_REQUEST'],
  [command('CreateNode', {}), 'BAD_REQUEST'],
  [command('Explode', {}), 'UNKNOWN_COMMAND'],
  [command('DeleteNode', { node_id: 'none' }), 'NODE_NOT_FOUND'],
  [command('DeleteProperty', { node_id: 'phase', property_id: 'budget' }), 'PROPERTY_NOT_FOUND'],
  [command('CreateNode', { ...phase, node_id: 'PHASE' }), 'NODE_EXISTS'],
  [command('LinkNode', link('phase', 'phase')), 'ALREADY_LINKED'],
  [command('UnlinkNode', link('phase', 'phase')), 'NOT_LINKED'],
  [command('MoveNode', { node_id: 'phase', parent_id: 'phase' }), 'CYCLE_DETECTED'],
  [set({ property_id: 'budget', new_value: 1, old_value: 2 }), 'PRECONDITION_FAILED'],
  [command('CreateNode', { ...phase, parent_id: 'none' }), 'INVALID_PARENT'],
  [command('CreateNode', { blueprint_type_id: 'note', parent_id: 'phase' }), 'TYPE_NOT_ALLOWED'],
  [command('CreateNode', { blueprint_type_id: 'ship' }), 'UNKNOWN_NODE_TYPE'],
  [set({ property_id: 'budget', new_value: 'much' }), 'INVALID_PROPERTY'],
]

const FILE = {
  graph: {
    nodes: [
      { id: 'a', type: 't', children: ['b'] },
      { id: 'b', type: 't' },
    ],
  },
}

const searched = (condition: object) => ({
  body: {
    session_id: '{session_id}',
    property: [{ property_id: 'status', ...condition }],
  },
})

const deep = (levels: number): unknown => (levels === 0 ? 0 : [deep(levels - 1)])

const nodesOf = (...nodes: object[]) => ({ body: { graph: { nodes } } })

const CASES: Record<RouteName, Case> = {
  GetHealth: { succeeds: [{}], refused: [] },
  GetReady: { succeeds: [{}], refused: [] },
  CreateSession: {
    succeeds: [
      { body: {} },
      { body: { session_id: 'mine', template_id: 'studio' } },
      { body: { session_id: 'mine', template_id: 'studio' } },
      { body: { template_id: null } },
    ],
    refused: [
      [{ body: { session_id: 'not an id' } }, 'BAD_REQUEST'],
      [{ body: { name: 'x' } }, 'BAD_REQUEST'],
      [{ body: { session_id: 'mine' } }, 'BAD_REQUEST'],
      [{ body: { template_id: 'none' } }, 'TEMPLATE_NOT_FOUND'],
      [{ body: { template_id: 'broken' } }, 'INVALID_TEMPLATE'],
    ],
  },
  ListSessions: { succeeds: [{}], refused: [] },
  GetSession: { succeeds: [{}], refused: [[noSession, 'SESSION_NOT_FOUND']] },
  ListMembers: { succeeds: [{}], refused: [[noSession, 'SESSION_NOT_FOUND']] },
  PutMember: {
    succeeds: [{ params: { actor_id: 'ann' }, body: { role: 'editor' } }],
    refused: [
      [{ params: { actor_id: 'ann' }, body: { role: 'king' } }, 'BAD_REQUEST'],
      [
        { params: { session_id: 'none', actor_id: 'ann' }, body: { role: 'editor' } },
        'SESSION_NOT_FOUND',
      ],
    ],
  },
  GetMember: {
    succeeds: [{}],
    refused: [
      [{ params: { actor_id: 'nobody' } }, 'MEMBER_NOT_FOUND'],
      [{ params: { session_id: 'none', actor_id: 'ann' } }, 'SESSION_NOT_FOUND'],
    ],
  },
  DeleteMember: {
    succeeds: [{}],
    refused: [[{ params: { actor_id: 'nobody' } }, 'MEMBER_NOT_FOUND']],
  },
  CreateShareLink: {
    succeeds: [
      { body: { role: 'viewer' } },
      { body: { role: 'editor', expires_at: '2999-01-01T00:00:00Z' } },
    ],
    refused: [
      [{ body: { role: 'owner' } }, 'BAD_REQUEST'],
      [{ body: { role: 'viewer', expires_at: '2001-01-01T00:00:00Z' } }, 'BAD_REQUEST'],
      [{ body: { role: 'viewer', expires_at: '2999-99-99T00:00:00Z' } }, 'BAD_REQUEST'],
    ],
  },
  ListShareLinks: { succeeds: [{}], refused: [[noSession, 'SESSION_NOT_FOUND']] },
  DeleteShareLink: {
    succeeds: [{}],
    refused: [[{ params: { link_id: 'none' } }, 'SHARE_LINK_NOT_FOUND']],
  },
  GetGraph: {
    succeeds: [
      { query: '?session_id={session_id}' },
      { headers: { 'x-session-id': '{session_id}' } },
      { query: '?session_id={session_id}&at_seq=0' },
      { query: '?session_id={session_id}&at_seq=2&min_seq=1' },
    ],
    refused: [
      [{}, 'BAD_REQUEST'],
      [{ query: '?session_id={session_id}&at_seq=999' }, 'BAD_REQUEST'],
      [{ query: '?session_id=none' }, 'SESSION_NOT_FOUND'],
      [{ query: '?session_id={session_id}&depth=1' }, 'BAD_REQUEST'],
    ],
  },
  GetGraphTree: {
    succeeds: [{}, { query: '?at_seq=1&min_seq=1' }],
    refused: [
      [noSession, 'SESSION_NOT_FOUND'],
      [{ query: '?at_seq=999' }, 'BAD_REQUEST'],
      [{ query: '?at_seq=-1' }, 'BAD_REQUEST'],
    ],
  },
  GetNode: {
    succeeds: [{}],
    refused: [
      [noSession, 'SESSION_NOT_FOUND'],
      [{ params: { node_id: 'none' } }, 'NODE_NOT_FOUND'],
    ],
  },
  GetAffordances: {
    succeeds: [{}],
    refused: [
      [noSession, 'SESSION_NOT_FOUND'],
      [{ params: { node_id: 'none' } }, 'NODE_NOT_FOUND'],
    ],
  },
  SearchGraph: {
    succeeds: [
      { body: { session_id: '{session_id}' } },
      { headers: { 'x-session-id': '{session_id}' } },
      { body: { session_id: '{session_id}', text: 'phase', type: 'phase', limit: 1 } },
      {
        body: {
          session_id: '{session_id}',
          property: [{ property_id: 'status', operator: 'exists' }],
          subtree: 'phase',
          cursor: 'phase',
        },
      },
    ],
    refused: [
      [{ body: {} }, 'BAD_REQUEST'],
      [{ body: { session_id: '{session_id}', limit: 1001 } }, 'BAD_REQUEST'],
      [{ body: { session_id: '{session_id}', text: '' } }, 'BAD_REQUEST'],
      [searched({ operator: 'like', value: 'a' }), 'BAD_REQUEST'],
      [searched({ operator: 'in', value: 'a' }), 'BAD_REQUEST'],
      [searched({ operator: 'eq', value: deep(200) }), 'LIMIT_EXCEEDED'],
      [{ body: { session_id: 'none' } }, 'SESSION_NOT_FOUND'],
      [{ body: { session_id: '{session_id}', subtree: 'none' } }, 'NODE_NOT_FOUND'],
      [{ body: { session_id: '{session_id}', cursor: 'none' } }, 'NODE_NOT_FOUND'],
    ],
  },
  GetChanges: {
    succeeds: [{}, { query: '?after_seq=1&limit=1' }, { query: '?after_seq=999' }],
    refused: [
      [noSession, 'SESSION_NOT_FOUND'],
      [{ query: '?after_seq=-1' }, 'BAD_REQUEST'],
      [{ query: '?limit=0' }, 'BAD_REQUEST'],
      [{ query: '?limit=1001' }, 'BAD_REQUEST'],
      [{ query: '?limit=all' }, 'BAD_REQUEST'],
    ],
  },
  GetHistory: {
    succeeds: [{}, { query: '?before_seq=3&limit=1' }, { query: '?actor=ann' }],
    refused: [
      [noSession, 'SESSION_NOT_FOUND'],
      [{ query: '?before_seq=0' }, 'BAD_REQUEST'],
      [{ query: '?limit=501' }, 'BAD_REQUEST'],
    ],
  },
  GetNodeHistory: {
    succeeds: [{}, { params: { node_id: 'second' } }, { query: '?before_seq=3&limit=1' }],
    refused: [
      [noSession, 'SESSION_NOT_FOUND'],
      [{ params: { node_id: 'none' } }, 'NODE_NOT_FOUND'],
      [{ query: '?limit=0' }, 'BAD_REQUEST'],
    ],
  },
  GetDiff: {
    succeeds: [{ query: '?from_seq=0' }, { query: '?from_seq=3&to_seq=1' }],
    refused: [
      [{ ...noSession, query: '?from_seq=0' }, 'SESSION_NOT_FOUND'],
      [{}, 'BAD_REQUEST'],
      [{ query: '?from_seq=0&to_seq=999' }, 'BAD_REQUEST'],
    ],
  },
  ExecuteCommandRoute: {
    succeeds: [
      command('CreateNode', { ...phase, node_id: 'third' }, { command_id: 'c', label: 'Third' }),
      command('CreateNode', { ...phase, node_id: 'third' }, { command_id: 'c', label: 'Third' }),
      set({ property_id: 'status', new_value: 'Completed' }),
      set({ property_id: 'status', new_value: 'Completed' }),
      command('Batch', { commands: [{ command_type: 'CreateNode', data: phase }] }),
      command('DeleteNode', { node_id: 'third' }),
    ],
    refused: [
      ...COMMAND_REFUSALS,
      [command('CreateNode', phase, { command_id: 'c' }), 'COMMAND_ID_REUSED'],
    ],
  },
  PreviewCommandRoute: {
    succeeds: [
      command('CreateNode', phase),
      set({ property_id: 'status', new_value: 'Not Started' }),
      command('DeleteNode', { node_id: 'phase' }),
    ],
    refused: COMMAND_REFUSALS,
  },
  UndoRoute: {
    succeeds: [{ body: {}, headers: ANN }],
    refused: [
      [{ ...noSession, body: {} }, 'SESSION_NOT_FOUND'],
      [{ body: {}, headers: { 'x-actor-id': 'nobody' } }, 'NOTHING_TO_UNDO'],
      [{ body: { scope: 'all' } }, 'BAD_REQUEST'],
    ],
  },
  RedoRoute: {
    succeeds: [{ body: {}, headers: ANN }],
    refused: [
      [{ ...noSession, body: {} }, 'SESSION_NOT_FOUND'],
      [{ body: {}, headers: { 'x-actor-id': 'nobody' } }, 'NOTHING_TO_REDO'],
      [{ body: { steps: 2 } }, 'BAD_REQUEST'],
    ],
  },
  RestoreRoute: {
    succeeds: [
      { body: { seq: 1, command_id: 'back', label: 'Back' } },
      { body: { seq: 1, command_id: 'back', label: 'Back' } },
      { body: { seq: 1 } },
    ],
    refused: [
      [{ ...noSession, body: { seq: 1 } }, 'SESSION_NOT_FOUND'],
      [{ body: { seq: 2, command_id: 'back' } }, 'COMMAND_ID_REUSED'],
      [{ body: { seq: 999 } }, 'BAD_REQUEST'],
      [{ body: {} }, 'BAD_REQUEST'],
    ],
  },
  CreateProject: {
    succeeds: [{ body: { template_id: 'studio', project_name: 'Ünïcode 🎬' } }],
    refused: [
      [{ body: { template_id: 'studio' } }, 'BAD_REQUEST'],
      [{ body: { template_id: 'studio', project_name: '' } }, 'BAD_REQUEST'],
      [{ body: { template_id: 'none', project_name: 'P' } }, 'TEMPLATE_NOT_FOUND'],
      [{ body: { template_id: 'broken', project_name: 'P' } }, 'INVALID_TEMPLATE'],
    ],
  },
  ListProjects: { succeeds: [{}], refused: [] },
  GetProject: { succeeds: [{}], refused: [[noProject, 'PROJECT_NOT_FOUND']] },
  SaveProject: { succeeds: [{}, {}], refused: [[noProject, 'PROJECT_NOT_FOUND']] },
  LoadProject: {
    succeeds: [{}, { body: {} }, { body: { session_id: '{session_id}' } }],
    refused: [
      [{ ...noProject, body: {} }, 'PROJECT_NOT_FOUND'],
      [{ body: { session_id: 'none' } }, 'SESSION_NOT_FOUND'],
    ],
  },
  ImportProject: {
    succeeds: [{ body: FILE }, { body: FILE, query: '?project_name=P&template_id=studio' }],
    refused: [
      [{ body: { graph: {} } }, 'BAD_REQUEST'],
      [nodesOf({ id: 'a', type: 't' }, { id: 'a', type: 't' }), 'NODE_EXISTS'],
      [nodesOf({ id: 'a', type: 't', children: ['a'] }), 'CYCLE_DETECTED'],
      [{ body: FILE, query: '?template_id=none' }, 'TEMPLATE_NOT_FOUND'],
      [{ body: FILE, query: '?template_id=broken' }, 'INVALID_TEMPLATE'],
    ],
  },
  ExportProject: { succeeds: [{}], refused: [[noProject, 'PROJECT_NOT_FOUND']] },
  ListTemplates: { succeeds: [{}], refused: [] },
  GetTemplateSchema: {
    succeeds: [{}],
    refused: [
      [{ params: { template_id: 'none' } }, 'TEMPLATE_NOT_FOUND'],
      [{ params: { template_id: 'broken' } }, 'INVALID_TEMPLATE'],
    ],
  },
  ValidateTemplate: {
    succeeds: [
      { body: { template: { node_types: [] } } },
      { body: { template: 'node_types: [{id: a, label: A}]' } },
      { body: { template: ': : :' } },
    ],
    refused: [
      [{ body: {} }, 'BAD_REQUEST'],
      [{ body: { template: 1 } }, 'BAD_REQUEST'],
    ],
  },
  DeleteProject: { succeeds: [{}], refused: [[noProject, 'PROJECT_NOT_FOUND']] },
  DeleteSession: { succeeds: [{}], refused: [[noSession, 'SESSION_NOT_FOUND']] },
}

const NAMES = Object.keys(ROUTES) as RouteName[]

let app: TestApp

beforeAll(async () => {
  app = await testApp({ templatesDir: TEMPLATES })
})

afterAll(() => app[Symbol.asyncDispose]())

/** Puts the ids of the scene where a request names them. */
function filled<T>(value: T, scene: Scene): T {
  const text = JSON.stringify(value) ?? 'null'
  const named = text.replaceAll(/\{(session_id|project_id)\}/g, (_, key: keyof Scene) => scene[key])
  return JSON.parse(named) as T
}

function request(name: RouteName, scene: Scene, ask: Ask): Promise<RestAnswer> {
  const { method, path } = ROUTES[name]
  const params: Record<string, string> = {
    ...scene,
    node_id: 'phase',
    template_id: 'studio',
    actor_id: 'ann',
    ...ask.params,
  }
  const { query = '', headers = {}, body } = filled(ask, scene)
  const place = path.replaceAll(/\{(\w+)\}/g, (_, key: string) => params[key] ?? '')
  const session = path.startsWith('/commands') ? { 'x-session-id': scene.session_id } : {}
  return app.api(method, place + query, body, { ...session, ...headers })
}

test.each(NAMES)(
  '[CMD1] %s answers with the status and the body that it declares',
  async (name) => {
    const scene = await newScene()
    const { status, response } = ROUTES[name]
    const { succeeds } = CASES[name]
    expect(succeeds).not.toEqual([])
    for (const ask of succeeds) {
      const answer = await request(name, scene, ask)
      expect([ask, answer.status, answer.body]).toEqual([ask, status, answer.body])
      expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
      expect(check(response, answer.body)).toMatchObject({ ok: true })
    }
  },
)

const refusals = NAMES.filter((name) => CASES[name]?.refused.length)

test.each(refusals)(
  '[CMD1] %s refuses with codes that it declares, in the envelope',
  async (name) => {
    const scene = await newScene()
    const { succeeds, refused } = CASES[name]
    // Some are refused for what was done before: an id that is taken, a command id that was used.
    const before = ROUTES[name].method === 'POST' ? succeeds : []
    for (const ask of before) await request(name, scene, ask)
    for (const [ask, code] of refused) {
      const answer = await request(name, scene, ask)
      const { error } = answer.body as { error: { code: string } }
      expect([ask, error.code, answer.status]).toEqual([ask, code, ERRORS[code].status])
      expect(check(ErrorEnvelope, answer.body)).toMatchObject({ ok: true })
    }
  },
)

test.each(refusals)('[CMD1] the contract lists the codes that %s refuses with', (name) => {
  const declared = [...ANY_ROUTE_ERRORS, ...ROUTES[name].errors]
  const undeclared = CASES[name].refused
    .map(([, code]) => code)
    .filter((c) => !declared.includes(c))
  expect(undeclared).toEqual([])
})

test.each([
  ['GET', '/nowhere'],
  ['POST', '/health'],
  ['DELETE', '/graph'],
  ['GET', '/commands/execute'],
  ['PUT', '/sessions/s'],
])('[CMD1] %s %s is no endpoint', async (method, path) => {
  const error = { code: 'NOT_FOUND', message: 'Endpoint not found', retryable: false }
  expect(await app.api(method, path)).toMatchObject({ status: 404, body: { error } })
  const response = await fetch(`${app.url}${path}`, { method })
  expect([response.status, await response.json()]).toMatchObject([404, { error }])
  expect(API_PREFIX).toBe('/api/v1')
})
