import { defineServerEvent } from '../../define.js'
import { ProjectId } from '../../model/id.js'
import { Seq } from '../../model/seq.js'
import { roomEvent } from '../fields.js'

/** The project of the session was saved as it stands at `saved_seq`. */
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
