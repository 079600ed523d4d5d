import { defineServerEvent } from '../../define.js'
import { GraphState } from '../../model/graph.js'
import { ProjectId } from '../../model/id.js'
import { Seq } from '../../model/seq.js'
import { FROM_ENTRY, roomEvent } from '../fields.js'

export const ProjectLoaded = defineServerEvent({
  name: 'project:loaded',
  description: 'A project was loaded into the session: `graph` replaces everything.',
  payload: roomEvent('project:loaded', { project_id: ProjectId, graph: GraphState, ...FROM_ENTRY }),
  example: {
    event: 'project:loaded',
    session_id: '550e8400-e29b-41d4-a716-446655440000',
    timestamp: '2026-01-28T15:30:00Z',
    project_id: 'p-1',
    graph: {
      session_id: '550e8400-e29b-41d4-a716-446655440000',
      project_id: 'p-1',
      template_id: null,
      seq: 7,
      epoch: 'e-1',
      roots: [],
      nodes: [],
    },
    seq: 7,
    command_id: 'cmd-1',
    actor: { id: 'anonymous' },
  },
})

export const ProjectSaved = defineServerEvent({
  name: 'project:saved',
  description: 'The project of the session was saved as it stands at `saved_seq`.',
  payload: roomEvent('project:saved', { project_id: ProjectId, saved_seq: Seq }),
  example: {
    event: 'project:saved',
    session_id: '550e8400-e29b-41d4-a716-446655440000',
    timestamp: '2026-01-28T15:30:00Z',
    project_id: 'p-1',
    saved_seq: 7,
  },
})
