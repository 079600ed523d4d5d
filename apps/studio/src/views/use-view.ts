import type { SessionGraph } from '@talus/client'
import { useSession } from '@talus/client/react'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback, useMemo } from 'react'
import type { View } from '../work/views.js'
import { usedTypes, type Sorting } from './columns.js'
import { boardProperties } from './lanes.js'
import { useReading } from './use-reading.js'

/** A choice for a view: a type, or a property. */
export type Subject = { id: string; label: string }

/** The view in the address, with its type or property. */
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

/** By what the address says a table is sorted; undefined: in the order of the tree. */
export function useSorting() {
  const { sort, down } = useSearch({ from: '/s/$sessionId/' })
  const navigate = useNavigate({ from: '/s/$sessionId/' })
  const sortBy = useCallback(
    (next: Sorting | undefined) =>
      void navigate({
        search: ({ view, by }) => ({
          ...(view && { view }),
          ...(by !== undefined && { by }),
          ...(next && { sort: next.property_id, ...(next.isDown && { down: true }) }),
        }),
      }),
    [navigate],
  )
  const sorting = useMemo(
    () => (sort === undefined ? undefined : { property_id: sort, isDown: down === true }),
    [sort, down],
  )
  return { sorting, sortBy }
}
