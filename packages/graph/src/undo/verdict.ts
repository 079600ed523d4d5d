import type { Change, Failure, Skipped, SkipReason } from '@talus/protocol'
import type { Stamp } from './stamps.js'

/** What becomes of one change that is to be taken back. */
export type Verdict =
  | { is: 'applied'; changes: readonly Change[] }
  | { is: 'skipped'; skipped: Skipped }
  | { is: 'conflict'; failure: Failure }

export function applied(changes: readonly Change[]): Verdict {
  return { is: 'applied', changes }
}

export type Obstacle = { reason: SkipReason; stamp?: Stamp | undefined }

/** `stamp` says whose entry stands in the way. */
export function skipped(
  target: { node_id: string; property_id?: string },
  { reason, stamp }: Obstacle,
): Verdict {
  const { node_id, property_id } = target
  return {
    is: 'skipped',
    skipped: {
      node_id,
      ...(property_id !== undefined && { property_id }),
      reason,
      ...(stamp && { by: stamp.actor_id, seq: stamp.seq }),
    },
  }
}
