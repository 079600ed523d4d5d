import type { ClientPayload } from '@talus/protocol'
import type { RawClient } from '../raw-client.js'

/** What a client sends to change a session. */
export type Request =
  | [event: 'execute_command', payload: ClientPayload<'execute_command'>]
  | [event: 'undo_command', payload: ClientPayload<'undo_command'>]
  | [event: 'redo_command', payload: ClientPayload<'redo_command'>]

type Answer = { ok: true; seq: number | null } | { ok: false }

/** The seq of the commit; null when nothing changed. Throws when the server refused. */
export function seqOf(answer: unknown, request: Request): number | null {
  const given = answer as Answer
  if (given.ok) return given.seq
  throw new Error(`${JSON.stringify(request)} refused: ${JSON.stringify(answer)}`)
}

/**
 * Sends requests in their order, so many at a time, until all are answered. Gives the milliseconds
 * that each took. Throws when one of them changed nothing: that would cost next to nothing.
 */
export function sendAll(
  client: RawClient,
  requests: readonly Request[],
  inFlight: number,
): Promise<number[]> {
  const latencies: number[] = []
  let next = 0
  return new Promise((resolve) => {
    const send = () => {
      const request = requests[next++]
      if (!request) return
      const sentAt = performance.now()
      client.emit(request, (answer, receivedAt) => {
        if (seqOf(answer, request) === null)
          throw new Error(`No change: ${JSON.stringify(request)}`)
        latencies.push(receivedAt - sentAt)
        if (latencies.length === requests.length) resolve(latencies)
        else send()
      })
    }
    for (let i = 0; i < inFlight; i++) send()
  })
}
