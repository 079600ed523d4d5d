import { defineServerEvent } from '../../define.js'
import { ProjectId } from '../../model/id.js'
import { Seq } from '../../model/seq.js'
import { graphEvent } from '../fields.js'

/** The project of the session was saved. */
export const GraphProjectSaved = defineServerEvent({
  name: 'project:saved',
  description: 'The project of the session was saved.',
  payload: graphEvent({ project_id: ProjectId, saved_seq: Seq }),
  example: {
    session_id: '550e8400-e29b-41d4-a716-446655440000',
    timestamp: '2026-01-28T15:30:00Z',
    project_id: 'p-1',
    saved_seq: 7,
  },
})
