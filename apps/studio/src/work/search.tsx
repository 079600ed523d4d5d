import { useSession } from '@talus/client/react'
import { useCallback } from 'react'
import { useClient } from '../account/account.js'
import { messageOf, useLoaded } from '../parts/loaded.js'
import { TypeMark } from '../parts/type-mark.js'
import { lookOfType } from './schema.js'
import { useSettled } from './use-settled.js'

const MOST = 100

type SearchProps = { text: string; share: string | undefined; onChoose: (id: string) => void }

/** Search results of the server, with their paths. */
export function Search({ text, share, onChoose }: SearchProps) {
  const { id: session_id, graph } = useSession()
  const client = useClient(share)
  const sought = useSettled(text.trim())
  const { value, error, isStale } = useLoaded(
    useCallback(
      () => client.rest.searchGraph({ session_id, text: sought, limit: MOST }),
      [client, session_id, sought],
    ),
  )
  return (
    <div className="results">
      <p className="quiet" role="status">
        {isStale && 'Searching…'}
        {!isStale && error !== undefined && `The search did not work: ${messageOf(error)}`}
        {!isStale &&
          value &&
          (value.matches.length === 0
            ? `Nothing found for “${sought}”`
            : `${value.matches.length}${value.has_more ? ' and more' : ''} found`)}
      </p>
      <ul>
        {value?.matches.map(({ node, path }) => (
          <li key={node.id}>
            <button type="button" onClick={() => onChoose(node.id)}>
              <TypeMark look={lookOfType(graph.template, node.blueprint_type_id)} />
              <span>{node.name}</span>
              <small>{path.map(({ name }) => name).join(' › ')}</small>
            </button>
          </li>
        ))}
      </ul>
    </div>
  )
}
