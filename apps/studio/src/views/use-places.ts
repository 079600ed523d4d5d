import type { Other } from '@talus/client'
import { usePresence } from '@talus/client/react'
import { useMemo } from 'react'

/** Who is at which node. */
export function usePlaces(): ReadonlyMap<string, readonly Other[]> {
  const { others } = usePresence()
  return useMemo(() => {
    const people = new Map<string, Other[]>()
    for (const other of others) {
      const { focus } = other.state
      if (typeof focus !== 'string') continue
      people.set(focus, [...(people.get(focus) ?? []), other])
    }
    return people
  }, [others])
}
