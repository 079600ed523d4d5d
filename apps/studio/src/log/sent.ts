import { TalusError, type Session } from '@talus/client'

/** When a command of this page was handed to the client, and when its answer came. */
export type Sent = {
  command_id: string
  /** Milliseconds since 1970, as everything here. */
  sent: number
  answered: number
  error?: TalusError
}

const MOST = 1_000

const bySession = new WeakMap<Session, Map<string, Sent>>()

/** The commands of this page that are answered, by their ids. */
export function sentIn(session: Session): ReadonlyMap<string, Sent> {
  return bySession.get(session) ?? new Map<string, Sent>()
}

function keep(session: Session, sent: Sent): void {
  const all = bySession.get(session) ?? new Map<string, Sent>()
  bySession.set(session, all)
  all.set(sent.command_id, sent)
  const [oldest] = all.keys()
  if (all.size > MOST && oldest !== undefined) all.delete(oldest)
}

/** Notes when a command was called and answered. Gives what it was given. */
export function noted<Answer extends { command_id: string }>(
  session: Session,
  answer: Promise<Answer>,
): Promise<Answer> {
  const sent = Date.now()
  answer.then(
    ({ command_id }) => keep(session, { command_id, sent, answered: Date.now() }),
    (error: unknown) => {
      if (!(error instanceof TalusError) || error.commandId === undefined) return
      keep(session, { command_id: error.commandId, sent, answered: Date.now(), error })
    },
  )
  return answer
}
