import { useSession } from '@talus/client/react'
import { useNavigate } from '@tanstack/react-router'
import { useCallback } from 'react'
import { useDesk } from './desk.js'

/** Goes to a node on the work page, whichever page and view is shown. */
export function useGoTo(): (id: string) => void {
  const { id: sessionId } = useSession()
  const { model } = useDesk()
  const navigate = useNavigate()
  return useCallback(
    (id) => {
      const search = ({ view, by }: { view?: 'table' | 'board' | 'tree'; by?: string }) => ({
        ...(view && { view }),
        ...(by !== undefined && { by }),
      })
      void navigate({ to: '/s/$sessionId', params: { sessionId }, search }).then(() =>
        model.reveal(id),
      )
    },
    [sessionId, model, navigate],
  )
}
