import type { SessionStatus } from '@talus/client'
import { usePending, useRole, useStatus } from '@talus/client/react'
import { useClient } from '../account/account.js'
import { Button } from '../parts/button.js'

const WORDS = {
  connecting: 'Connecting',
  'catching-up': 'Catching up',
  live: 'Live',
  offline: 'Offline',
  closed: 'Closed',
  refused: 'Refused',
}

const nameOf = (status: SessionStatus) => (typeof status === 'string' ? status : 'refused')

/** Connection status, and the number of unconfirmed commands. */
export function Standing({ share }: { share: string | undefined }) {
  const status = nameOf(useStatus())
  const pending = usePending()
  const role = useRole()
  const client = useClient(share)
  const isLive = status === 'live'
  const waiting = `${pending} ${pending === 1 ? 'change' : 'changes'}`
  const isReader = role === 'viewer' || role === 'commenter'
  return (
    <div className={`standing ${status}`}>
      <span className="pill" role="status">
        <span className="dot" aria-hidden="true" />
        {WORDS[status]}
        {pending > 0 && <small>{isLive ? `saving ${waiting}` : `${waiting} not sent`}</small>}
      </span>
      {isReader && <span className="pill">Read only</span>}
      {status === 'offline' && (
        <Button className="tool" title={client.problem?.message} onClick={() => client.connect()}>
          Try now
        </Button>
      )}
    </div>
  )
}
