import type { RevertibleChange, SavedNode, SavedStamp } from './stamps.js'
import type { Link, Step } from './step.js'

export type SavedStep = Omit<Step, 'latest'> & { latest: Pick<Link, 'kind' | 'seq' | 'chars'> }

/** What the pieces are; those of a step follow it. */
export type Piece =
  | { piece: 'undo-history'; version: 2 }
  | { piece: 'step'; step: SavedStep }
  | { piece: 'changes'; changes: RevertibleChange[] }
  | { piece: 'transitions'; transitions: [key: string, before: SavedStamp, after: SavedStamp][] }
  | { piece: 'stamps'; nodes: SavedNode[] }
  | { piece: 'undone'; commands: [command_id: string, undone_by: string][] }
