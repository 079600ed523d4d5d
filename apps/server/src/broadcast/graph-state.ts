import type { GraphState, Node } from '@talus/protocol'
import type { SessionContext } from './publication.js'

/** The whole graph of a session as REST and `project:loaded` show it. */
export function graphState(session: SessionContext, seq: number, nodes: Node[]): GraphState {
  return {
    session_id: session.session_id,
    project_id: session.project_id,
    template_id: session.template_id,
    seq,
    epoch: session.epoch,
    roots: nodes.filter((node) => node.parent_id === null).map((node) => node.id),
    nodes,
  }
}
