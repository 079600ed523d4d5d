import type { Broadcaster, Publication } from '../broadcast/publication.js'
import type { PresenceBoard } from './presence-board.js'

type Log = { error: (fields: object, message: string) => void }

/** Publishes, and lets presence follow what was committed (rule PRES2). */
export function pruningPresence(
  broadcaster: Broadcaster,
  presence: PresenceBoard,
  log: Log,
): Broadcaster {
  const prune = (session_id: string, publications: readonly Publication[]) => {
    try {
      for (const publication of publications) {
        if (publication.kind === 'committed') {
          presence.prune(session_id, publication.entry.changes)
        }
      }
    } catch (err) {
      // Presence never fails a command.
      log.error({ session_id, err }, 'presence could not follow a commit')
    }
  }
  return {
    prepare: (session, publications) => broadcaster.prepare(session, publications),
    publish(session, publications, made) {
      broadcaster.publish(session, publications, made)
      prune(session.session_id, publications)
    },
    *publishInSteps(session, publications) {
      yield* broadcaster.publishInSteps(session, publications)
      prune(session.session_id, publications)
    },
  }
}
