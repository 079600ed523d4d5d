import { GraphState } from '../../model/graph.js'
import { ProjectId } from '../../model/id.js'
import { Seq } from '../../model/seq.js'
import { BY_ENTRY, FROM_ENTRY, SESSION_ID, roomEvent } from '../fields.js'

export const ProjectLoaded = roomEvent({
  name: 'project:loaded',
  description: 'A project was loaded into the session: `graph` replaces everything.',
  fields: { project_id: ProjectId, graph: GraphState, ...FROM_ENTRY },
  example: {
    project_id: 'p-1',
    graph: {
      session_id: SESSION_ID,
      project_id: 'p-1',
      template_id: null,
      seq: 7,
      epoch: 'e-1',
      roots: [],
      nodes: [],
    },
    ...BY_ENTRY,
  },
})

export const ProjectSaved = roomEvent({
  name: 'project:saved',
  description: 'The project of the session was saved as it stands at `saved_seq`.',
  fields: { project_id: ProjectId, saved_seq: Seq },
  example: {
    project_id: 'p-1',
    saved_seq: 7,
  },
})
