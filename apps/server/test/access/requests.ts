import {
  CLIENT_EVENTS,
  COMMANDS,
  type AccessSubject,
  type CommandType,
  type RouteName,
} from '@talus/protocol'
import type { Presents, Scene } from './scene.js'

type ClientEventName = keyof typeof CLIENT_EVENTS

/** A request of the contract that succeeds for whoever may make it. */
export type RestAsk = { params?: Record<string, string>; query?: string; body?: unknown }

/** Whose role is asked about, given and taken. */
const MEMBER = { actor_id: 'viewer' }
const COMMAND = CLIENT_EVENTS.execute_command.example
const TEMPLATE = 'software-release'

/** A request for every route: one that is new does not compile without one. */
export const ROUTE_REQUESTS: Record<RouteName, (scene: Scene) => RestAsk> = {
  GetHealth: () => ({}),
  GetReady: () => ({}),
  CreateSession: () => ({ body: {} }),
  ListSessions: () => ({}),
  GetSession: () => ({}),
  DeleteSession: () => ({}),
  ListMembers: () => ({}),
  GetMember: () => ({ params: MEMBER }),
  PutMember: () => ({ params: MEMBER, body: { role: 'commenter' } }),
  // Not the role of anybody who asks: that anybody may give up.
  DeleteMember: () => ({ params: { actor_id: 'leaver' } }),
  CreateShareLink: () => ({ body: { role: 'viewer' } }),
  ListShareLinks: () => ({}),
  DeleteShareLink: ({ link_id }) => ({ params: { link_id } }),
  GetGraph: ({ session_id }) => ({ query: `?session_id=${session_id}` }),
  GetGraphTree: () => ({}),
  GetNode: () => ({}),
  GetAffordances: () => ({}),
  SearchGraph: ({ session_id }) => ({ body: { session_id } }),
  GetChanges: () => ({}),
  GetHistory: () => ({}),
  GetNodeHistory: () => ({}),
  GetDiff: () => ({ query: '?from_seq=0' }),
  ExecuteCommandRoute: ({ session_id }) => ({ body: { ...COMMAND, session_id } }),
  PreviewCommandRoute: ({ session_id }) => ({ body: { ...COMMAND, session_id } }),
  UndoRoute: () => ({ body: {} }),
  RedoRoute: () => ({ body: {} }),
  RestoreRoute: () => ({ body: { seq: 0 } }),
  CreateProject: () => ({ body: { template_id: TEMPLATE, project_name: 'A project' } }),
  ListProjects: () => ({}),
  GetProject: () => ({}),
  DeleteProject: () => ({}),
  SaveProject: () => ({}),
  LoadProject: () => ({ body: {} }),
  ImportProject: () => ({ body: { graph: { nodes: [{ id: 'a', type: 't' }] } } }),
  ExportProject: () => ({}),
  ListTemplates: () => ({}),
  GetTemplateSchema: () => ({ params: { template_id: TEMPLATE } }),
  ValidateTemplate: () => ({ body: { template: { node_types: [] } } }),
}

/** The contract's example of an event, about the session of the scene; `ping` carries nothing. */
export function eventPayload(
  name: ClientEventName,
  { session_id }: Scene,
  { auth: { token } }: Presents,
): object | undefined {
  const { example } = CLIENT_EVENTS[name]
  if (name === 'authenticate') return token === undefined ? example : { token }
  return example && { ...example, session_id }
}

/** The contract's example of a command. */
export function commandPayload(command_type: CommandType, { session_id }: Scene) {
  return { session_id, command_type, data: COMMANDS[command_type].example }
}

type Before = { as: 'visitor' | 'owner'; path: string; body: object }

const CREATED: Before = { as: 'visitor', path: '/commands/execute', body: COMMAND }

function unlinked(node_id: string): Before {
  const data = { parent_id: 'phase-1', child_id: node_id }
  return { as: 'owner', path: '/commands/execute', body: { command_type: 'UnlinkNode', data } }
}

function undone(session_id: string): Before {
  return { as: 'visitor', path: `/sessions/${session_id}/undo`, body: {} }
}

const BEFOREHAND = new Map<string, (session_id: string) => Before[]>([
  ['UndoRoute', () => [CREATED]],
  ['undo_command', () => [CREATED]],
  ['RedoRoute', (session_id) => [CREATED, undone(session_id)]],
  ['redo_command', (session_id) => [CREATED, undone(session_id)]],
  ['LinkNode', () => [unlinked('task-1')]],
])

/** What has to have been done before, so that asking can succeed. */
export function beforehand(subject: AccessSubject, { session_id }: Scene): Before[] {
  return 'name' in subject ? (BEFOREHAND.get(subject.name)?.(session_id) ?? []) : []
}
