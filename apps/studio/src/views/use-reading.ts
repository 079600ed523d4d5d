import type { SessionGraph } from '@talus/client'
import { useSession } from '@talus/client/react'
import { useEffect, useMemo, useState } from 'react'

/** Derives a value from the whole graph with `read`, at most once per frame. */
export function useReading<Value>(read: (graph: SessionGraph) => Value): Value {
  const { graph } = useSession()
  const [turn, setTurn] = useState(0)
  useEffect(() => {
    let frame = 0
    const stop = graph.subscribe(() => {
      frame ||= requestAnimationFrame(() => {
        frame = 0
        setTurn((last) => last + 1)
      })
    })
    return () => {
      stop()
      cancelAnimationFrame(frame)
    }
  }, [graph])
  // The graph is a mutable object that never changes identity.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  return useMemo(() => read(graph), [graph, read, turn])
}
