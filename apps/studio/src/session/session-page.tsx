import { TalusError } from '@talus/client'
import { SessionProvider, useSession } from '@talus/client/react'
import { Link, Outlet, useParams, useSearch } from '@tanstack/react-router'
import { Component, useEffect, useState, type ReactNode } from 'react'
import { useClient, usePerson } from '../account/account.js'
import { rememberSession } from '../account/recent.js'
import { SignIn } from '../account/sign-in.js'
import { Button } from '../parts/button.js'
import { isCode, messageOf } from '../parts/loaded.js'
import { TopBar } from '../start/top-bar.js'
import { DeskProvider } from './desk.js'
import { Header } from './header.js'
import { Palette } from './palette.js'
import { useRefusals } from './use-refusals.js'
import { useTemplate } from './use-template.js'
import { useUndoKeys } from './use-undo-keys.js'

/** The pages of one session, which is joined as long as one of them is shown. */
export function SessionPage() {
  const { sessionId } = useParams({ from: '/s/$sessionId' })
  const { share } = useSearch({ from: '/s/$sessionId' })
  const client = useClient(share)
  const person = usePerson()
  const [attempt, setAttempt] = useState(0)
  return (
    <Refusals
      key={`${attempt} ${person.id} ${person.token}`}
      onRetry={() => setAttempt(attempt + 1)}
    >
      <SessionProvider
        client={client}
        id={sessionId}
        fallback={<Joining id={sessionId} share={share} />}
      >
        <Remembered share={share} />
        <Ended onRetry={() => setAttempt(attempt + 1)}>
          <DeskProvider share={share}>
            <Pages />
          </DeskProvider>
        </Ended>
      </SessionProvider>
    </Refusals>
  )
}

function Pages() {
  const template = useTemplate()
  useRefusals()
  useUndoKeys()
  return (
    <div className="session-page">
      <Header />
      {/* Marks, labels and editors are those of the template. */}
      <Outlet key={template === null ? 'plain' : template.template_id} />
      <Palette />
    </div>
  )
}

function Joining({ id, share }: { id: string; share: string | undefined }) {
  const client = useClient(share)
  const [bytes, setBytes] = useState(0)
  useEffect(
    () =>
      client.on('progress', (progress) => progress.session_id === id && setBytes(progress.bytes)),
    [client, id],
  )
  return (
    <>
      <TopBar />
      <main className="message" aria-busy="true">
        <div className="spinner" aria-hidden="true" />
        <p role="status">
          Joining the session…
          {bytes > 0 && ` ${(bytes / 1_000_000).toFixed(1)} MB`}
        </p>
      </main>
    </>
  )
}

/** Puts the session on the list of the start page, under the name of its first root. */
function Remembered({ share }: { share: string | undefined }) {
  const session = useSession()
  useEffect(() => {
    const [root = ''] = session.graph.roots()
    rememberSession(session.id, session.graph.node(root)?.name ?? session.id, share)
  }, [session, share])
  return null
}

type ProblemProps = { error: unknown; onRetry: () => void }

function Problem({ error, onRetry }: ProblemProps) {
  const isStranger = isCode(error, 'UNAUTHORIZED')
  const title = isStranger
    ? 'Sign in to open this session'
    : isCode(error, 'FORBIDDEN')
      ? 'This session is not open to you'
      : isCode(error, 'SESSION_NOT_FOUND')
        ? 'There is no such session'
        : 'The session cannot be opened'
  return (
    <>
      <TopBar />
      <main className="message">
        <h1>{title}</h1>
        <p role="alert">
          {messageOf(error)}
          {error instanceof TalusError && <code className="error-code">{error.code}</code>}
        </p>
        {isStranger ? <SignIn onDone={onRetry} /> : <Button onClick={onRetry}>Try again</Button>}
        <p>
          <Link to="/">Go to the start page</Link>
        </p>
      </main>
    </>
  )
}

type RefusalsProps = { onRetry: () => void; children: ReactNode }

/** Shows why the session could not be joined. */
class Refusals extends Component<RefusalsProps, { error: unknown }> {
  override state = { error: undefined as unknown }

  static getDerivedStateFromError(error: unknown) {
    return { error }
  }

  override render() {
    const { error } = this.state
    const { children, onRetry } = this.props
    return error === undefined ? children : <Problem error={error} onRetry={onRetry} />
  }
}

/** Shows that the session has ended, though nobody left it. */
function Ended({ onRetry, children }: { onRetry: () => void; children: ReactNode }) {
  const session = useSession()
  const [error, setError] = useState<TalusError>()
  useEffect(() => session.on('ended', setError), [session])
  return error ? <Problem error={error} onRetry={onRetry} /> : children
}
