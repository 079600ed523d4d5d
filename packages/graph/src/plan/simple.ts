import type { Result, SimpleCommand } from '@talus/protocol'
import type { ProjectGraph } from '../project-graph.js'
import { finish, type Steps } from '../steps.js'
import { planCreateNode } from './create-node.js'
import { planDeleteNode } from './delete-node.js'
import { planDeleteProperty } from './delete-property.js'
import { planLinkNode } from './link-node.js'
import { planMoveNode } from './move-node.js'
import type { PlanContext, Planned } from './planned.js'
import { planUnlinkNode } from './unlink-node.js'
import { planUpdateProperty } from './update-property.js'

/** Plans any command but a batch. In steps where it may be about many nodes. */
export function* planSimpleInSteps(
  graph: ProjectGraph,
  command: SimpleCommand,
  context: PlanContext,
): Steps<Result<Planned>> {
  return command.command_type === 'DeleteNode'
    ? yield* planDeleteNode(graph, command.data, context)
    : planSimple(graph, command, context)
}

/** Plans any command but a batch, at once. */
export function planSimple(
  graph: ProjectGraph,
  command: SimpleCommand,
  context: PlanContext,
): Result<Planned> {
  switch (command.command_type) {
    case 'CreateNode':
      return planCreateNode(graph, command.data, context)
    case 'DeleteNode':
      return finish(planDeleteNode(graph, command.data, context))
    case 'LinkNode':
      return planLinkNode(graph, command.data, context)
    case 'UnlinkNode':
      return planUnlinkNode(graph, command.data, context)
    case 'MoveNode':
      return planMoveNode(graph, command.data, context)
    case 'UpdateProperty':
      return planUpdateProperty(graph, command.data, context)
    case 'DeleteProperty':
      return planDeleteProperty(graph, command.data, context)
    default:
      return command satisfies never
  }
}
