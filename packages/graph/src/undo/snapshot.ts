import type { RevertibleChange, SavedNode, SavedStamp } from './stamps.js'
import type { Link } from './link.js'
import type { Step } from './step.js'
import type { SavedRun } from './tombstones.js'

export type SavedStep = Omit<Step, 'latest' | 'parts'> & {
  latest: Pick<Link, 'kind' | 'seq' | 'chars'>
}

export type SavedTransition = [key: string, before: SavedStamp, after: SavedStamp]

/** What of a step goes into one piece. */
type PartOfStep = { changes: RevertibleChange[]; transitions: SavedTransition[] }

/**
 * What a step has in its own piece: of a small one `entry`, as JSON in a JSON string, instead of its
 * changes; where there is one change only `moved`, instead of transitions.
 */
export type HeadOfStep = Partial<PartOfStep> & {
  entry?: string
  moved?: [before: SavedStamp, after: SavedStamp]
}

/**
 * What the pieces are. What a step has beyond its own piece follows it; in version 2 that was all it
 * has. Before version 4 there was no `entry` and no `moved`, before version 5 no places, before
 * version 6 no parts.
 */
export type Piece =
  | { piece: 'undo-history'; version: 2 | 3 | 4 | 5 | 6 }
  | ({ piece: 'step'; step: SavedStep } & HeadOfStep)
  | { piece: 'parts'; command_ids: string[] }
  | ({ piece: 'changes' } & Pick<PartOfStep, 'changes'>)
  | ({ piece: 'transitions' } & Pick<PartOfStep, 'transitions'>)
  | { piece: 'stamps'; nodes: SavedNode[] }
  | { piece: 'places'; runs: SavedRun[] }
  | { piece: 'undone'; commands: [command_id: string, undone_by: string][] }
