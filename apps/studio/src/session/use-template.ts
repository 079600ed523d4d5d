import type { Template } from '@talus/client'
import { useSession } from '@talus/client/react'
import { useCallback, useSyncExternalStore } from 'react'

const AGAIN_MS = 500

/**
 * The template that the session obeys. A graph that was stored may be shown before its template is
 * there, which no event of the session tells.
 */
export function useTemplate(): Template | null {
  const { graph } = useSession()
  const subscribe = useCallback(
    (onChange: () => void) => {
      const stop = graph.subscribe(onChange)
      const timer = setInterval(() => {
        if (graph.template === null) return
        clearInterval(timer)
        onChange()
      }, AGAIN_MS)
      return () => {
        stop()
        clearInterval(timer)
      }
    },
    [graph],
  )
  return useSyncExternalStore(subscribe, () => graph.template)
}
