import type { Command, Result } from '@talus/protocol'
import type { ProjectGraph } from '../project-graph.js'
import { planBatch } from './batch.js'
import type { PlanContext, Planned } from './planned.js'
import { planSimple } from './simple.js'

/**
 * What a command means on this graph: the changes and the result, or why it is refused. The graph
 * is the same afterwards; nothing is decided before or after this (rules CMD1, TREE1, TREE2).
 */
export function plan(graph: ProjectGraph, command: Command, context: PlanContext): Result<Planned> {
  return command.command_type === 'Batch'
    ? planBatch(graph, command.data, context)
    : planSimple(graph, command, context)
}
