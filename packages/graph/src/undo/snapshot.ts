import type { RevertibleChange, SavedNode, SavedStamp } from './stamps.js'
import type { Link } from './link.js'
import type { Step } from './step.js'

export type SavedStep = Omit<Step, 'latest'> & { latest: Pick<Link, 'kind' | 'seq' | 'chars'> }

export type SavedTransition = [key: string, before: SavedStamp, after: SavedStamp]

/** What of a step goes into one piece. */
type PartOfStep = { changes: RevertibleChange[]; transitions: SavedTransition[] }

/**
 * What the pieces are. What a step has beyond its own piece follows it; in version 2 that was all it
 * has.
 */
export type Piece =
  | { piece: 'undo-history'; version: 2 | 3 }
  | ({ piece: 'step'; step: SavedStep } & Partial<PartOfStep>)
  | ({ piece: 'changes' } & Pick<PartOfStep, 'changes'>)
  | ({ piece: 'transitions' } & Pick<PartOfStep, 'transitions'>)
  | { piece: 'stamps'; nodes: SavedNode[] }
  | { piece: 'undone'; commands: [command_id: string, undone_by: string][] }
