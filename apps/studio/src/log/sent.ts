import { TalusError, type Session } from '@talus/client'

/** When a command of this page was called, and when it was answered. */
export type Sent = {
  command_id: string
  /** Milliseconds since 1970, as all times here. */
  sent: number
  answered: number
  error?: TalusError
}

const MOST = 1_000

const bySession = new WeakMap<Session, Map<string, Sent>>()

/** The answered commands of this page, by id. */
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

/** Records when a command was called and answered. Returns the same promise. */
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
