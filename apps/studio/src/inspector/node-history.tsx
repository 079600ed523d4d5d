import { useSession } from '@talus/client/react'
import { useCallback, useEffect, useState } from 'react'
import { useClient } from '../account/account.js'
import { wordsOfChange, wordsOfHistory } from '../log/words.js'
import { ago } from '../parts/ago.js'
import { Avatar, nameOf } from '../parts/avatar.js'
import { messageOf, useLoaded } from '../parts/loaded.js'
import { useDesk } from '../session/desk.js'

const MOST = 30

/** History of a node; loaded when it is opened. */
export function NodeHistory({ id }: { id: string }) {
  const [isOpen, setOpen] = useState(false)
  return (
    <details
      className="node-history"
      open={isOpen}
      onToggle={({ currentTarget }) => setOpen(currentTarget.open)}
    >
      <summary>History of this node</summary>
      {isOpen && <Entries node_id={id} />}
    </details>
  )
}

function Entries({ node_id }: { node_id: string }) {
  const session = useSession()
  const { graph, id: session_id } = session
  const client = useClient(useDesk().share)
  const { value, error, reload } = useLoaded(
    useCallback(
      () => client.rest.getNodeHistory({ session_id, node_id, limit: MOST }),
      [client, session_id, node_id],
    ),
  )
  useEffect(
    () =>
      session.on('entry', ({ changes }) => {
        const isOfNode = changes.some((change) => 'node_id' in change && change.node_id === node_id)
        if (isOfNode) reload()
      }),
    [session, node_id, reload],
  )
  if (error !== undefined) return <p className="problem-text">{messageOf(error)}</p>
  if (!value) return <p className="quiet">Loading…</p>
  return (
    <ol>
      {value.entries.map((entry) => {
        const { seq, actor, timestamp, changes, undone } = entry
        return (
          <li key={seq} data-undone={undone || undefined}>
            <Avatar actor={actor} isSmall />
            <span>
              <b>{nameOf(actor)}</b>{' '}
              {changes.map((change) => wordsOfChange(graph, change)).join(', ') ||
                wordsOfHistory(graph, entry)}
              {undone && ' (undone)'}
            </span>
            <small title={new Date(timestamp).toLocaleString()}>
              #{seq} · {ago(Date.parse(timestamp))}
            </small>
          </li>
        )
      })}
      {value.next_before_seq !== null && <li className="quiet">and older ones</li>}
    </ol>
  )
}
