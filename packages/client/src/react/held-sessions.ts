import type { Client } from '../client.js'
import type { Session } from '../session.js'

type Held = { holders: number; session: Promise<Session> }

const heldBy = new WeakMap<Client, Map<string, Held>>()

function heldIn(client: Client): Map<string, Held> {
  const held = heldBy.get(client) ?? new Map<string, Held>()
  heldBy.set(client, held)
  return held
}

/**
 * Joins a session for a component, and leaves it when the last component that holds it is gone. A
 * component that comes back at once, as every one does in React's strict mode, keeps it.
 */
export function hold(client: Client, id: string): { session: Promise<Session>; release(): void } {
  const all = heldIn(client)
  const held = all.get(id) ?? { holders: 0, session: client.join(id) }
  all.set(id, held)
  held.holders += 1
  const forget = () => {
    if (all.get(id) === held) all.delete(id)
  }
  // Whoever tries again shall not meet the same failure.
  held.session.catch(forget)
  const release = () => {
    held.holders -= 1
    setTimeout(() => {
      if (held.holders > 0 || all.get(id) !== held) return
      forget()
      held.session.then(
        (session) => session.leave(),
        () => {},
      )
    })
  }
  return { session: held.session, release }
}
