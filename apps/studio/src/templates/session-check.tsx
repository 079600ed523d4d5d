import { misfits, type Misfit } from '@talus/client/templates'
import type { Template } from '@talus/client'
import type { Node } from '@talus/protocol'
import { Link } from '@tanstack/react-router'
import { useCallback, useMemo, useState } from 'react'
import { useClient } from '../account/account.js'
import { recentSessions } from '../account/recent.js'
import { messageOf, useLoaded } from '../parts/loaded.js'
import { nodeCount } from '../parts/node-count.js'

const MOST = 200

/** Sessions to choose from: recent ones, and those of projects. */
function useSessions() {
  const client = useClient()
  const { value } = useLoaded(
    useCallback(
      // Without permission to list projects, only recent sessions.
      () => client.rest.listProjects({ limit: 1_000 }).catch(() => ({ projects: [] })),
      [client],
    ),
  )
  const known = new Map(recentSessions().map(({ session_id, name }) => [session_id, name]))
  for (const { session_id, project_name } of value?.projects ?? []) {
    if (!known.has(session_id)) known.set(session_id, project_name)
  }
  return [...known].map(([session_id, name]) => ({ session_id, name }))
}

type SessionCheckProps = { template: Template | null; template_id: string }

/** Nodes of a session that the edited template would not allow. */
export function SessionCheck({ template, template_id }: SessionCheckProps) {
  const sessions = useSessions()
  const [session_id, setSession] = useState('')
  return (
    <section className="card session-check" aria-labelledby="check-title">
      <h2 id="check-title">What would no longer fit</h2>
      <p className="quiet">
        By the rules of the server, on <code>{template_id}</code> as it stands in the editor. Nodes
        that do not fit stay; they could not be made like this again.
      </p>
      <label className="field">
        <span>Session</span>
        <select value={session_id} onChange={({ target }) => setSession(target.value)}>
          <option value="">Choose a session</option>
          {sessions.map((one) => (
            <option key={one.session_id} value={one.session_id}>
              {one.name} ({one.session_id.slice(0, 8)})
            </option>
          ))}
        </select>
      </label>
      {session_id !== '' && template && <Misfits session_id={session_id} template={template} />}
      {!template && (
        <p role="alert" className="problem-text">
          The text is no valid template yet.
        </p>
      )}
    </section>
  )
}

function Misfits({ session_id, template }: { session_id: string; template: Template }) {
  const client = useClient()
  const { value, error, isStale } = useLoaded(
    useCallback(() => client.rest.getGraph({ session_id }), [client, session_id]),
  )
  const found = useMemo(() => (value ? misfits(template, value.nodes) : []), [template, value])
  if (error !== undefined) {
    return (
      <p role="alert" className="problem-text">
        {messageOf(error)}
      </p>
    )
  }
  if (!value || isStale) return <p role="status">Loading the session…</p>
  const nodes = new Map(value.nodes.map((node) => [node.id, node]))
  return (
    <>
      <p role="status">
        {found.length === 0
          ? `${nodeCount(value.nodes.length)} checked: all fit.`
          : `${new Set(found.map(({ node_id }) => node_id)).size} of ${nodeCount(value.nodes.length)} would not fit:`}
      </p>
      <ul className="misfits">
        {found.slice(0, MOST).map((one, index) => (
          <Line key={`${index} ${one.node_id}`} misfit={one} node={nodes.get(one.node_id)} />
        ))}
      </ul>
      {found.length > MOST && <p className="quiet">{found.length - MOST} more</p>}
      <Link to="/s/$sessionId" params={{ sessionId: session_id }}>
        Open the session
      </Link>
    </>
  )
}

function Line({ misfit: { node_id, reason }, node }: { misfit: Misfit; node: Node | undefined }) {
  return (
    <li>
      <b>{node?.name || node_id}</b> <small>{node?.blueprint_type_id}</small>: {reason}
    </li>
  )
}
