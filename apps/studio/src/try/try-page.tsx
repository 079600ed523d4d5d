import { useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback, useEffect, useState } from 'react'
import { useClient, usePerson } from '../account/account.js'
import { recentSessions } from '../account/recent.js'
import { Button } from '../parts/button.js'
import { messageOf, useLoaded } from '../parts/loaded.js'
import { destinationOf } from '../start/share-link.js'
import { TopBar } from '../start/top-bar.js'
import { Composer } from './composer.js'
import { loadFacts } from './facts.js'
import './try.css'

/** The console: composes any request of the contract, sends it, and shows the result. */
export function TryPage() {
  const { session, share } = useSearch({ from: '/try' })
  const client = useClient(share)
  const person = usePerson()
  const { value, error, isStale, reload } = useLoaded(
    useCallback(() => loadFacts(client, session, person.id), [client, session, person.id]),
  )
  return (
    <>
      <TopBar />
      <main className="try">
        <div className="page-head">
          <div>
            <h1>Try the API</h1>
            <p className="quiet">
              Every command, event and route of the contract, with an example to begin with.
            </p>
          </div>
          <SessionChoice key={session} session={session} />
        </div>
        {error !== undefined && (
          <p role="alert" className="problem-text">
            {session === undefined ? '' : `${session}: `}
            {messageOf(error)} <Button onClick={reload}>Try again</Button>
          </p>
        )}
        {value && !isStale && (
          <Composer
            key={`${session} ${share} ${person.id} ${person.token}`}
            facts={value}
            share={share}
            onChanged={reload}
          />
        )}
        {!value && error === undefined && <p role="status">Loading…</p>}
      </main>
    </>
  )
}

/** Which session the examples are about. */
function SessionChoice({ session = '' }: { session: string | undefined }) {
  const navigate = useNavigate()
  const client = useClient()
  const [text, setText] = useState(session)
  const [known, setKnown] = useState(() =>
    recentSessions().map(({ session_id, name }) => ({ session_id, name })),
  )
  useEffect(() => {
    client.rest.listProjects({ limit: 100 }).then(
      ({ projects }) =>
        setKnown((before) => [
          ...before,
          ...projects
            .map(({ session_id, project_name: name }) => ({ session_id, name }))
            .filter((one) => before.every(({ session_id }) => session_id !== one.session_id)),
        ]),
      () => {
        // Who may not list projects types the id.
      },
    )
  }, [client])
  const go = (given: string) => {
    const destination = destinationOf(given)
    if (!destination && given.trim() !== '') return
    const { session_id, share } = destination ?? {}
    void navigate({
      to: '/try',
      search: {
        ...(session_id !== undefined && { session: session_id }),
        ...(share !== undefined && { share }),
      },
    })
  }
  return (
    <form
      className="session-choice"
      onSubmit={(event) => {
        event.preventDefault()
        go(text)
      }}
    >
      <label className="field">
        <span>Session</span>
        <input
          value={text}
          list="sessions-known"
          placeholder="None: id, link or name"
          spellCheck={false}
          autoComplete="off"
          onChange={({ target }) => {
            setText(target.value)
            // One that was chosen from the list needs no more.
            if (known.some(({ session_id }) => session_id === target.value)) go(target.value)
          }}
        />
      </label>
      <datalist id="sessions-known">
        {known.map(({ session_id, name }) => (
          <option key={session_id} value={session_id}>
            {name}
          </option>
        ))}
      </datalist>
      <Button type="submit">Use</Button>
    </form>
  )
}
