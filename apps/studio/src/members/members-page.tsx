import { useParticipants, useRole, useSession } from '@talus/client/react'
import type { RouteResponse } from '@talus/protocol'
import { UserMinus } from 'lucide-react'
import { useCallback, useState } from 'react'
import { useClient } from '../account/account.js'
import { ago } from '../parts/ago.js'
import { Avatar } from '../parts/avatar.js'
import { Button, IconButton } from '../parts/button.js'
import { messageOf, useLoaded } from '../parts/loaded.js'
import { notify } from '../parts/notices.js'
import { useDesk } from '../session/desk.js'
import { includes, ROLES } from '../work/schema.js'
import { ShareLinks } from './share-links.js'

type Member = RouteResponse<'ListMembers'>['members'][number]

const MAY = {
  viewer: 'sees everything',
  commenter: 'also shows where they are',
  editor: 'also changes nodes',
  owner: 'also members, links, restoring',
}

/** Runs an action, and shows its error. */
export async function attempt(work: () => Promise<unknown>, then: () => void): Promise<void> {
  try {
    await work()
    then()
  } catch (error) {
    notify({ title: messageOf(error), look: 'problem' })
  }
}

/** Members with their roles, and share links. */
export function MembersPage() {
  const { id: session_id } = useSession()
  const { share } = useDesk()
  const client = useClient(share)
  const role = useRole()
  const isOwner = includes(role, 'owner')
  const { value, error, reload } = useLoaded(
    useCallback(() => client.rest.listMembers({ session_id }), [client, session_id]),
  )
  return (
    <main className="page" aria-label="Members">
      <div className="page-column">
        <section className="card" aria-labelledby="members">
          <div className="card-head">
            <h2 id="members">Members</h2>
            <span className="quiet">You are {role ?? 'nobody'} here</span>
          </div>
          {error !== undefined && (
            <p role="alert" className="problem-text">
              {messageOf(error)}
            </p>
          )}
          {value?.members.length === 0 && (
            <p className="quiet">
              The session has no members: it was made without signing in, and whoever reaches the
              server may change everything.
            </p>
          )}
          <ul className="members">
            {value?.members.map((member) => (
              <MemberLine
                key={member.actor_id}
                member={member}
                isOwner={isOwner}
                onChange={reload}
              />
            ))}
          </ul>
          {isOwner && <AddMember onAdded={reload} />}
        </section>
        <Here />
      </div>
      <div className="page-column">
        {isOwner ? (
          <ShareLinks />
        ) : (
          <section className="card">
            <h2>Share links</h2>
            <p className="quiet">Only owners see and make share links.</p>
          </section>
        )}
        <section className="card" aria-labelledby="roles">
          <h2 id="roles">Roles</h2>
          <dl className="facts roles">
            {ROLES.map((one) => (
              <div key={one} className="fact">
                <dt>{one}</dt>
                <dd>{MAY[one]}</dd>
              </div>
            ))}
          </dl>
        </section>
      </div>
    </main>
  )
}

type LineProps = { member: Member; isOwner: boolean; onChange: () => void }

function MemberLine({ member, isOwner, onChange }: LineProps) {
  const { id: session_id } = useSession()
  const client = useClient(useDesk().share)
  const { actor_id, role, added_at } = member
  const name = member.name ?? actor_id
  return (
    <li>
      <Avatar actor={{ id: actor_id, name }} />
      <span className="member-name">
        {name}
        <small>
          {name !== actor_id && `${actor_id} · `}
          {ago(Date.parse(added_at))}
        </small>
      </span>
      {isOwner ? (
        <>
          <select
            aria-label={`Role of ${name}`}
            value={role}
            onChange={({ target }) => {
              const next = ROLES.find((one) => one === target.value) ?? role
              void attempt(
                () => client.rest.putMember({ session_id, actor_id }, { role: next }),
                onChange,
              )
            }}
          >
            {ROLES.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
          <IconButton
            label={`Remove ${name}`}
            onClick={() =>
              void attempt(() => client.rest.deleteMember({ session_id, actor_id }), onChange)
            }
          >
            <UserMinus />
          </IconButton>
        </>
      ) : (
        <span className="type-name">{role}</span>
      )}
    </li>
  )
}

function AddMember({ onAdded }: { onAdded: () => void }) {
  const { id: session_id } = useSession()
  const client = useClient(useDesk().share)
  const [actor_id, setActorId] = useState('')
  const [role, setRole] = useState<Member['role']>('editor')
  return (
    <form
      className="row member-form"
      onSubmit={(event) => {
        event.preventDefault()
        void attempt(
          () => client.rest.putMember({ session_id, actor_id: actor_id.trim() }, { role }),
          () => {
            setActorId('')
            onAdded()
          },
        )
      }}
    >
      <input
        aria-label="Id of the new member"
        placeholder="Id, as in their token"
        value={actor_id}
        required
        autoComplete="off"
        onChange={({ target }) => setActorId(target.value)}
      />
      <select
        aria-label="Role of the new member"
        value={role}
        onChange={({ target }) => setRole(ROLES.find((one) => one === target.value) ?? role)}
      >
        {ROLES.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
      <Button type="submit">Add</Button>
    </form>
  )
}

/** Who is in the session now, one for each connection. */
function Here() {
  const participants = useParticipants()
  return (
    <section className="card" aria-labelledby="here">
      <h2 id="here">Here now</h2>
      <ul className="members">
        {participants.map(({ client_id, actor, isSelf }) => (
          <li key={client_id}>
            <Avatar actor={actor} />
            <span className="member-name">
              {actor.name ?? actor.id}
              <small>{isSelf ? 'this page' : actor.id}</small>
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}
