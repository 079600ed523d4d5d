import {
  createContext,
  createElement,
  useContext,
  useEffect,
  useState,
  type ReactNode,
} from 'react'
import type { Client } from '../client.js'
import type { Session } from '../session.js'
import { hold } from './held-sessions.js'

const SessionContext = createContext<Session | null>(null)

type Joining = {
  /** Whose connection the session is joined over. */
  client: Client
  /** The session to be in while this is mounted. */
  id: string
  /** What to show until the session is joined, and on the server. */
  fallback?: ReactNode
  /** What reads the session. */
  children?: ReactNode
}

type Joined = {
  /** A session that the application has joined, and leaves, itself. */
  session: Session
  /** What reads the session. */
  children?: ReactNode
}

/** Either a client and the id of a session, or a session. */
export type SessionProviderProps = Joining | Joined

/** The outcome belongs to what was asked for; another client or id starts anew. */
type Outcome = { client: Client; id: string } & (
  | { session: Session; error?: never }
  | { session?: never; error: unknown }
)

function JoiningProvider({ client, id, fallback = null, children }: Joining): ReactNode {
  const [outcome, setOutcome] = useState<Outcome>()
  useEffect(() => {
    let isGone = false
    const tell = (what: Outcome) => {
      if (!isGone) setOutcome(what)
    }
    const held = hold(client, id)
    held.session.then(
      (session) => tell({ client, id, session }),
      (error: unknown) => tell({ client, id, error }),
    )
    return () => {
      isGone = true
      held.release()
    }
  }, [client, id])
  if (outcome?.client !== client || outcome.id !== id) return fallback
  // For the nearest error boundary.
  if (!outcome.session) throw outcome.error
  return createElement(SessionContext.Provider, { value: outcome.session }, children)
}

/**
 * Gives a session to the components below. With `client` and `id` it joins the session while it is
 * mounted, and shows `fallback` until then; a refusal goes to the nearest error boundary. The last
 * such provider leaves it, so an application that joined it too should give the `session` instead.
 */
export function SessionProvider(props: SessionProviderProps): ReactNode {
  if (!('session' in props)) return createElement(JoiningProvider, props)
  return createElement(SessionContext.Provider, { value: props.session }, props.children)
}

/** The session of the nearest SessionProvider. Throws an Error when there is none above. */
export function useSession(): Session {
  const session = useContext(SessionContext)
  if (!session) throw new Error('There is no SessionProvider above this component')
  return session
}
