import { useSession } from '@talus/client/react'
import type { RouteBody } from '@talus/protocol'
import { Copy, Link2Off } from 'lucide-react'
import { useCallback, useState } from 'react'
import { useClient } from '../account/account.js'
import { ago } from '../parts/ago.js'
import { Button, IconButton } from '../parts/button.js'
import { messageOf, useLoaded } from '../parts/loaded.js'
import { useDesk } from '../session/desk.js'
import { copyLink } from '../session/header.js'
import { addressOf } from '../start/share-link.js'
import { attempt } from './members-page.js'

type SharedRole = RouteBody<'CreateShareLink'>['role']

const SHARED: readonly SharedRole[] = ['viewer', 'commenter', 'editor']

const HOUR_MS = 3_600_000
const LASTING = [
  { label: 'for good', ms: 0 },
  { label: 'for an hour', ms: HOUR_MS },
  { label: 'for a day', ms: 24 * HOUR_MS },
  { label: 'for a week', ms: 7 * 24 * HOUR_MS },
]

/** Links that give a role to everyone who has them. */
export function ShareLinks() {
  const { id: session_id } = useSession()
  const client = useClient(useDesk().share)
  const [made, setMade] = useState<{ link_id: string; address: string }>()
  const { value, error, reload } = useLoaded(
    useCallback(() => client.rest.listShareLinks({ session_id }), [client, session_id]),
  )
  return (
    <section className="card" aria-labelledby="links">
      <h2 id="links">Share links</h2>
      {error !== undefined && (
        <p role="alert" className="problem-text">
          {messageOf(error)}
        </p>
      )}
      {value?.links.length === 0 && (
        <p className="quiet">Whoever holds a link has its role in this session, without a token.</p>
      )}
      <ul className="members">
        {value?.links.map(({ link_id, role, created_at, created_by, expires_at }) => (
          <li key={link_id}>
            <span className="member-name">
              {role}
              <small>
                {expires_at === null
                  ? 'for good'
                  : `until ${new Date(expires_at).toLocaleString()}`}
                , made {ago(Date.parse(created_at))} by {created_by}
              </small>
            </span>
            <IconButton
              label={`Revoke the link for a ${role}`}
              onClick={() =>
                void attempt(
                  () => client.rest.deleteShareLink({ session_id, link_id }),
                  () => {
                    if (made?.link_id === link_id) setMade(undefined)
                    reload()
                  },
                )
              }
            >
              <Link2Off />
            </IconButton>
          </li>
        ))}
      </ul>
      {made && (
        <div className="made-link" role="status">
          <p>The link is shown only now:</p>
          <div className="row">
            <input readOnly aria-label="The new link" value={made.address} />
            <Button onClick={() => void copyLink(made.address)}>
              <Copy aria-hidden="true" /> Copy
            </Button>
          </div>
        </div>
      )}
      <MakeLink
        onMade={(link_id, share) => {
          setMade({ link_id, address: addressOf({ session_id, share }) })
          reload()
        }}
      />
    </section>
  )
}

function MakeLink({ onMade }: { onMade: (link_id: string, token: string) => void }) {
  const { id: session_id } = useSession()
  const client = useClient(useDesk().share)
  const [role, setRole] = useState<SharedRole>('viewer')
  const [ms, setMs] = useState(0)
  return (
    <form
      className="row member-form"
      onSubmit={(event) => {
        event.preventDefault()
        const expires = ms > 0 && { expires_at: new Date(Date.now() + ms).toISOString() }
        void attempt(
          async () => {
            const given = { role, ...expires }
            const { link, token } = await client.rest.createShareLink({ session_id }, given)
            onMade(link.link_id, token)
          },
          () => {},
        )
      }}
    >
      <select
        aria-label="Role of the link"
        value={role}
        onChange={({ target }) => setRole(SHARED.find((one) => one === target.value) ?? role)}
      >
        {SHARED.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
      <select
        aria-label="How long the link lasts"
        value={ms}
        onChange={({ target }) => setMs(Number(target.value))}
      >
        {LASTING.map(({ label, ms: lasting }) => (
          <option key={label} value={lasting}>
            {label}
          </option>
        ))}
      </select>
      <Button type="submit">Make a link</Button>
    </form>
  )
}
