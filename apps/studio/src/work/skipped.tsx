import type { SessionGraph } from '@talus/client'
import type { Skipped, SkipReason } from '@talus/protocol'
import type { ReactNode } from 'react'

const REASONS: Record<SkipReason, string> = {
  superseded: 'its value was changed since',
  edited: 'it, or something below it, was edited since',
  filled: 'something was put below it since',
  moved: 'it was moved since',
  gone: 'it is gone',
  'parent-gone': 'its parent is gone',
  cycle: 'it would be below itself',
}

const MOST = 5

/** The parts that an undo skipped, with the reasons. */
export function skippedLines(graph: SessionGraph, skipped: readonly Skipped[]): ReactNode {
  return (
    <ul>
      {skipped.slice(0, MOST).map(({ node_id, property_id, reason, by }) => (
        <li key={`${node_id} ${property_id} ${reason}`}>
          {property_id !== undefined && `${property_id} of `}“{graph.node(node_id)?.name ?? node_id}
          ” was left alone: {REASONS[reason]}
          {by !== undefined && ` (${by})`}
        </li>
      ))}
      {skipped.length > MOST && <li>and {skipped.length - MOST} more</li>}
    </ul>
  )
}
