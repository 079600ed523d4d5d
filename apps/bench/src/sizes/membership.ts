import type { ClientPayload, RootPayload } from '@talus/protocol'
import { RawClient } from '../raw-client.js'

type Join = ClientPayload<'join_session'>
type Joined = { ok: true } & RootPayload<'joined'>

/** Joins a session; `receivedAt` on the clock of `performance.now()`. Throws when refused. */
export function join(
  client: RawClient,
  request: Join,
): Promise<{ joined: Joined; receivedAt: number }> {
  return new Promise((resolve) => {
    client.emit(['join_session', request], (answer, receivedAt) => {
      const joined = answer as Joined | { ok: false }
      if (!joined.ok) throw new Error(`join_session refused: ${JSON.stringify(answer)}`)
      resolve({ joined, receivedAt })
    })
  })
}

/** Connects a client that is in the session from then on. */
export async function connectMember(url: string, request: Join): Promise<RawClient> {
  const client = await RawClient.connect(url)
  await join(client, request)
  return client
}
