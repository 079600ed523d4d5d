import { useClient, usePerson } from '../account/account.js'
import { SignIn } from '../account/sign-in.js'
import { isCode, useLoaded } from '../parts/loaded.js'
import { ImportFile } from './import-file.js'
import { OpenSession } from './open-session.js'
import { Sessions } from './sessions.js'
import { Templates } from './templates.js'
import { TopBar } from './top-bar.js'
import { useCallback } from 'react'

/** The start page. */
export function StartPage() {
  const client = useClient()
  const { token } = usePerson()
  const projects = useLoaded(useCallback(() => client.rest.listProjects({ limit: 100 }), [client]))
  const isStranger = isCode(projects.error, 'UNAUTHORIZED')
  return (
    <>
      <TopBar />
      <main className="start">
        <div className="start-head">
          <h1>Edit one tree of nodes, together</h1>
          <p>Start a project, or open a session that others are in. Everything you do is live.</p>
        </div>
        {isStranger ? (
          <section className="card sign-in" aria-labelledby="sign-in">
            <h2 id="sign-in">Sign in</h2>
            <p className="quiet">
              {token === undefined
                ? 'This server wants to know who you are.'
                : `The server did not accept the token: ${projects.error instanceof Error ? projects.error.message : ''}`}
            </p>
            <SignIn />
          </section>
        ) : (
          <Templates />
        )}
        <div className="start-columns">
          <Sessions projects={projects} />
          <div className="stack">
            <OpenSession />
            {!isStranger && <ImportFile />}
          </div>
        </div>
      </main>
    </>
  )
}
