import type { Broadcaster } from '../broadcast/publication.js'
import type { PresenceBoard } from './presence-board.js'

type Log = { error: (fields: object, message: string) => void }

/** Publishes, and lets presence follow what was committed (rule PRES2). */
export function pruningPresence(
  broadcaster: Broadcaster,
  presence: PresenceBoard,
  log: Log,
): Broadcaster {
  return {
    prepare: (session, publications) => broadcaster.prepare(session, publications),
    publish(session, publications, made) {
      broadcaster.publish(session, publications, made)
      const { session_id } = session
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
    },
  }
}
