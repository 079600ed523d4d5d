import type { SessionGraph } from '@talus/client'
import { useSession } from '@talus/client/react'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback } from 'react'
import type { View } from '../work/views.js'
import { usedTypes } from './columns.js'
import { boardProperties } from './lanes.js'
import { useReading } from './use-reading.js'

/** One of the things that a view can be of: a type, or a property. */
export type Subject = { id: string; label: string }

/** The view that the address names, and what it is of. */
export function useView() {
  const { id: sessionId } = useSession()
  const { view = 'tree', by } = useSearch({ from: '/s/$sessionId/' })
  const navigate = useNavigate()
  const subjects = useReading(
    useCallback(
      (graph: SessionGraph): readonly Subject[] => {
        if (view === 'tree') return []
        if (view === 'table') return usedTypes(graph)
        return boardProperties(graph).map(({ id, label, types }) => ({
          id,
          label: `${label} (${types.join(', ')})`,
        }))
      },
      [view],
    ),
  )
  const subject = subjects.find(({ id }) => id === by) ?? subjects[0]
  const show = useCallback(
    (next: View, of?: string) =>
      void navigate({
        to: '/s/$sessionId',
        params: { sessionId },
        search: { ...(next !== 'tree' && { view: next }), ...(of !== undefined && { by: of }) },
      }),
    [navigate, sessionId],
  )
  return { view, subjects, subject, show }
}
