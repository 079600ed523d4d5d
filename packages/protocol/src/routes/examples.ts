import { SESSION_ID, TIME } from '../events/fields.js'
import type { Entry } from '../model/entry.js'
import type { GraphState } from '../model/graph.js'
import type { HistoryEntry } from '../model/history.js'
import type { Member, ShareLink } from '../model/member.js'
import type { Node } from '../model/node.js'
import type { OpenedProject, ProjectInfo } from '../model/project.js'
import type { SessionInfo } from '../model/session.js'

export { SESSION_ID, TIME }

/** Where that session stands. */
export const STANDING = { session_id: SESSION_ID, epoch: 'e-1', seq: 7 }

export const PHASE: Node = {
  id: 'phase-1',
  blueprint_type_id: 'phase',
  name: 'Post-production',
  parent_id: null,
  children: ['task-1'],
  properties: {},
  created_at: TIME,
}

export const TASK: Node = {
  id: 'task-1',
  blueprint_type_id: 'task',
  name: 'Cut the trailer',
  parent_id: 'phase-1',
  children: [],
  properties: { status: 'in-progress' },
  created_at: TIME,
}

export const GRAPH: GraphState = {
  ...STANDING,
  project_id: 'p-1',
  template_id: null,
  roots: ['phase-1'],
  nodes: [PHASE, TASK],
}

export const ENTRY: Entry = {
  seq: 7,
  command_id: 'cmd-1',
  command_type: 'UpdateProperty',
  kind: 'do',
  actor: { id: 'ann', name: 'Ann' },
  timestamp: TIME,
  changes: [
    {
      type: 'property-set',
      node_id: 'task-1',
      property_id: 'status',
      old_value: 'not-started',
      new_value: 'in-progress',
    },
  ],
  result: null,
}

/** The same entry, as a history shows it. */
export const HISTORY_ENTRY: HistoryEntry = {
  seq: 7,
  command_id: 'cmd-1',
  command_type: 'UpdateProperty',
  kind: 'do',
  actor: { id: 'ann', name: 'Ann' },
  timestamp: TIME,
  summary: {
    added: 0,
    removed: 0,
    moved: 0,
    properties_set: 1,
    replaced: false,
    node_ids: ['task-1'],
    more_nodes: false,
  },
  undone: false,
}

export const SESSION: SessionInfo = {
  ...STANDING,
  project_id: 'p-1',
  template_id: null,
  created_at: TIME,
  active_clients: 2,
}

export const PROJECT: ProjectInfo = {
  project_id: 'p-1',
  project_name: 'Night Train',
  template_id: null,
  session_id: SESSION_ID,
  created_at: TIME,
  saved_at: TIME,
  saved_seq: 7,
}

export const OPENED: OpenedProject = {
  project_id: 'p-1',
  project_name: 'Night Train',
  session_id: SESSION_ID,
  graph: GRAPH,
  orphans: { nodes: [], properties: [] },
}

export const MEMBER: Member = {
  actor_id: 'ann',
  name: 'Ann',
  role: 'editor',
  added_at: TIME,
  added_by: 'olga',
}

export const LINK: ShareLink = {
  link_id: 'link-1',
  role: 'viewer',
  expires_at: null,
  created_at: TIME,
  created_by: 'olga',
}
