import type { RouteResponse } from '@talus/protocol'
import { Link } from '@tanstack/react-router'
import { X } from 'lucide-react'
import { useCallback, useEffect, useState } from 'react'
import { useClient } from '../account/account.js'
import { forgetSession, recentSessions } from '../account/recent.js'
import { ago } from '../parts/ago.js'
import { IconButton } from '../parts/button.js'
import { isCode, messageOf, useLoaded, type Loaded } from '../parts/loaded.js'

const AGAIN_MS = 5_000

/** Polls the status of a session while it `isWatched`. */
function useStanding(session_id: string, share: string | undefined, isWatched: boolean) {
  const client = useClient(share)
  const { reload, ...standing } = useLoaded(
    useCallback(() => client.rest.getSession({ session_id }), [client, session_id]),
  )
  useEffect(() => {
    if (!isWatched) return undefined
    const timer = setInterval(reload, AGAIN_MS)
    return () => clearInterval(timer)
  }, [reload, isWatched])
  return standing
}

type ItemProps = {
  session_id: string
  name: string
  at: number
  share?: string | undefined
  onForget?: () => void
}

function Item({ session_id, name, at, share, onForget }: ItemProps) {
  const { value, error } = useStanding(session_id, share, onForget !== undefined)
  const isGone = isCode(error, 'SESSION_NOT_FOUND')
  const here = value?.active_clients ?? 0
  return (
    <li className="session">
      <Link
        to="/s/$sessionId"
        params={{ sessionId: session_id }}
        search={share === undefined ? {} : { share }}
        disabled={isGone}
      >
        <span className="session-name">{name}</span>
        <small>{isGone ? 'no longer there' : ago(at)}</small>
      </Link>
      {here > 0 && <span className="here">{here} here now</span>}
      {onForget && (
        <IconButton label={`Remove ${name} from this list`} onClick={onForget}>
          <X />
        </IconButton>
      )}
    </li>
  )
}

/** What was opened here before, and what else there is on the server. */
export function Sessions({ projects }: { projects: Loaded<RouteResponse<'ListProjects'>> }) {
  const [recent, setRecent] = useState(recentSessions)
  const known = new Set(recent.map(({ session_id }) => session_id))
  const others = (projects.value?.projects ?? []).filter(({ session_id }) => !known.has(session_id))
  const shown = others.toReversed().slice(0, 20)
  return (
    <section className="card" aria-labelledby="sessions">
      <h2 id="sessions">Recent sessions</h2>
      {recent.length === 0 && <p className="quiet">Sessions that you open are listed here.</p>}
      <ul className="sessions">
        {recent.map(({ session_id, name, at, share }) => (
          <Item
            key={session_id}
            {...{ session_id, name, at, share }}
            onForget={() => {
              forgetSession(session_id)
              setRecent(recentSessions())
            }}
          />
        ))}
      </ul>
      {shown.length > 0 && (
        <>
          <h3>Other projects on this server</h3>
          <ul className="sessions">
            {shown.map(({ project_id, session_id, project_name, created_at }) => (
              <Item
                key={project_id}
                session_id={session_id}
                name={project_name}
                at={Date.parse(created_at)}
              />
            ))}
          </ul>
        </>
      )}
      {projects.error !== undefined && !isCode(projects.error, 'UNAUTHORIZED') && (
        <p role="alert" className="problem-text">
          The projects of the server could not be listed: {messageOf(projects.error)}
        </p>
      )}
    </section>
  )
}
