import type { Journal } from './journal.js'
import { noParts } from './rules.js'

/** A part of a snapshot at its place, counted from 0. */
export type SnapshotPart = { seq: number; part: number; body: string; isLast: boolean }

/**
 * Writing a snapshot, in steps between which others have their turn: it may have tens of megabytes,
 * and commands must not wait for all of them. The former one counts until the last step but one.
 */
export type SnapshotSteps = {
  /** False: it is not wanted, as there is a newer one, the same one, or no such session. */
  beginSnapshot(session_id: string, seq: number): Promise<boolean>
  /** False: the session is gone by now. */
  addSnapshotPart(session_id: string, part: SnapshotPart): Promise<boolean>
  /** Moves some of the rows that must be in the tables when it ends. True: there are more. */
  settleSome(session_id: string): Promise<boolean>
  /** From here on it is the snapshot of the session. */
  endSnapshot(session_id: string, seq: number): Promise<void>
  /** Takes away what there is of one that cannot be finished. */
  abandonSnapshot(session_id: string, seq: number): Promise<void>
  /** Takes away some of what is older than the snapshot. True: there may be more. */
  removeOldParts(session_id: string): Promise<boolean>
}

/** Those that know the tables only. */
export type TableSteps = Omit<SnapshotSteps, 'settleSome'>

/** `writeSnapshot` of a journal that takes these steps. */
export function inSteps(steps: SnapshotSteps): Journal['writeSnapshot'] {
  return async (session_id, seq, parts) => {
    if (!(await steps.beginSnapshot(session_id, seq))) return
    try {
      if (!(await addParts(steps, session_id, seq, parts))) return
      await settle(steps, session_id)
      await steps.endSnapshot(session_id, seq)
    } catch (error) {
      // Should this fail as well, the next one that begins at this seq, or ends after it, does it.
      await steps.abandonSnapshot(session_id, seq).catch(() => undefined)
      throw error
    }
    while (await steps.removeOldParts(session_id));
  }
}

/** Rows may come as fast as they move: what is left in the end moves with the last step. */
const MOST_MOVES = 200

async function settle(steps: SnapshotSteps, session_id: string): Promise<void> {
  for (let moves = 0; moves < MOST_MOVES; moves++) {
    if (!(await steps.settleSome(session_id))) return
  }
}

type Parts = Parameters<Journal['writeSnapshot']>[2]

async function addParts(steps: SnapshotSteps, session_id: string, seq: number, parts: Parts) {
  // Of each part it has to be known whether it is the last.
  let held: string | undefined
  let part = 0
  for await (const body of parts) {
    if (held !== undefined) {
      const added = { seq, part, body: held, isLast: false }
      if (!(await steps.addSnapshotPart(session_id, added))) return false
      part += 1
    }
    held = body
  }
  if (held === undefined) throw noParts()
  return await steps.addSnapshotPart(session_id, { seq, part, body: held, isLast: true })
}
