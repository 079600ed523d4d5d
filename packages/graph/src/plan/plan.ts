import type { Command, Result } from '@talus/protocol'
import type { ProjectGraph } from '../project-graph.js'
import { finish, type Steps } from '../steps.js'
import { planBatch } from './batch.js'
import type { PlanContext, Planned } from './planned.js'
import { planSimple, planSimpleInSteps } from './simple.js'

/**
 * What a command means on this graph: the changes and the result, or why it is refused. The graph
 * is the same afterwards; nothing is decided before or after this (rules CMD1, TREE1, TREE2).
 */
export function plan(graph: ProjectGraph, command: Command, context: PlanContext): Result<Planned> {
  return command.command_type === 'Batch'
    ? finish(planBatch(graph, command.data, context))
    : planSimple(graph, command, context)
}

/**
 * The same in steps, for commands that may be about many nodes. Between the steps of a batch the
 * graph holds what is planned so far: see `beginTrial`.
 */
export function* planInSteps(
  graph: ProjectGraph,
  command: Command,
  context: PlanContext,
): Steps<Result<Planned>> {
  return command.command_type === 'Batch'
    ? yield* planBatch(graph, command.data, context)
    : yield* planSimpleInSteps(graph, command, context)
}
