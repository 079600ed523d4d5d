import type { SessionGraph } from '@talus/client'
import { useSession } from '@talus/client/react'
import { useEffect, useMemo, useState } from 'react'

/** What `read` makes of the whole graph; again once a frame, however many changes come. */
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
  // The graph is the same object whatever it holds.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  return useMemo(() => read(graph), [graph, read, turn])
}
