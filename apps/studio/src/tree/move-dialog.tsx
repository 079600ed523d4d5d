import { useSession } from '@talus/client/react'
import { useCallback, useState } from 'react'
import { useClient } from '../account/account.js'
import { Button } from '../parts/button.js'
import { Dialog } from '../parts/dialog.js'
import { messageOf, useLoaded } from '../parts/loaded.js'
import { nodeCount } from '../parts/node-count.js'
import { useActions } from '../work/actions.js'
import { mayStandBelow } from '../work/schema.js'
import { returnToTree } from './return-to-tree.js'
import { topmost } from './rows.js'

const MOST = 200

type MoveProps = {
  ids: readonly string[]
  share?: string | undefined
  isOpen: boolean
  onClose: () => void
}

/** Moves nodes to a parent chosen from a list: the keyboard alternative to dragging. */
export function MoveDialog({ ids, share, isOpen, onClose }: MoveProps) {
  return (
    <Dialog
      title={ids.length === 1 ? 'Move to' : `Move ${nodeCount(ids.length)} to`}
      isOpen={isOpen}
      onClose={onClose}
      onReturn={returnToTree}
    >
      <Targets ids={ids} share={share} onDone={onClose} />
    </Dialog>
  )
}

function Targets({
  ids,
  share,
  onDone,
}: {
  ids: readonly string[]
  share: string | undefined
  onDone: () => void
}) {
  const { graph, id: session_id } = useSession()
  const client = useClient(share)
  const actions = useActions()
  const [text, setText] = useState('')
  const [first = '', ...rest] = topmost(graph, ids)
  const { value, error } = useLoaded(
    useCallback(
      () => client.rest.getAffordances({ session_id, node_id: first }),
      [client, session_id, first],
    ),
  )
  // The server says it of one node; of the others the template is asked.
  const targets = (value?.move_targets.node_ids ?? [])
    .filter((id) => mayStandBelow(graph, rest, id))
    .map((id) => ({ id, path: graph.path(id).map(({ name }) => name) }))
    .filter(({ path }) => path.join(' ').toLowerCase().includes(text.trim().toLowerCase()))
  return (
    <div className="stack">
      <input
        type="search"
        aria-label="Search for a parent"
        placeholder="Search"
        value={text}
        onChange={({ target }) => setText(target.value)}
      />
      {error !== undefined && (
        <p role="alert" className="problem-text">
          {messageOf(error)}
        </p>
      )}
      {value && targets.length === 0 && <p className="quiet">There is no place that allows it.</p>}
      <ul className="targets">
        {targets.slice(0, MOST).map(({ id, path }) => (
          <li key={id}>
            <Button
              onClick={() => {
                actions.move(ids, { parent_id: id })
                onDone()
              }}
            >
              {path.at(-1)} <small>{path.slice(0, -1).join(' › ')}</small>
            </Button>
          </li>
        ))}
      </ul>
      {(targets.length > MOST || value?.move_targets.truncated) && (
        <p className="quiet">There are more; search to narrow them down.</p>
      )}
    </div>
  )
}
