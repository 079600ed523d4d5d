import type { Other } from '@talus/client'
import { usePresence } from '@talus/client/react'
import { useMemo } from 'react'

/** Participants by the node that they have focused. */
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
