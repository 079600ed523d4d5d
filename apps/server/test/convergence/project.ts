import type { Node, ProjectDocument } from '@talus/protocol'
import { importDocument } from '../projects-reading.js'
import { FILM } from '../projects-samples.js'

/** The project that is loaded now and then: with keys and metadata that only have to be kept. */
export const PROJECT: ProjectDocument = {
  template_id: 'film-production',
  graph: {
    id: 'default',
    nodes: [
      {
        id: 'f',
        type: 'film',
        name: 'Talus',
        properties: { slate: 'T', name: 'Talus' },
        children: ['s2', 's1', 'q', 'e'],
        metadata: { orphaned_properties: { estimated_cost: '3500' } },
      },
      { id: 's1', type: 'scene', name: 'One', properties: { pages: 2 }, children: [] },
      { id: 's2', type: 'scene', name: 'Two', properties: {}, children: ['u', 'n'] },
      { id: 'u', type: 'shot', properties: { name: 'Close-up' }, children: [], metadata: {} },
      { id: 'n', type: 'shot', name: 'Wide', properties: { seconds: 3 }, children: [] },
      { id: 'q', type: 'crew', name: 'Crew', properties: {}, children: ['m'] },
      { id: 'm', type: 'crew_member', name: 'Mia', created_at: '2026-01-02T03:04:05Z' },
      { id: 'e', type: 'equipment', properties: {}, children: [] },
    ],
  },
}

/** The nodes of the project as the graph has them. */
export function projectNodes(): Node[] {
  const imported = importDocument(PROJECT, FILM, '2026-01-28T15:30:00.000Z')
  if (!imported.ok) throw new Error(imported.error.message)
  return imported.value.nodes
}
