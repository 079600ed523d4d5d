import type { Template } from '@talus/client'
import { useSession } from '@talus/client/react'
import { useCallback, useSyncExternalStore } from 'react'

const AGAIN_MS = 500

/**
 * The template of the session. A stored graph may be shown before its template has loaded, and no
 * event of the session announces that.
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
