import {
  ok,
  type BatchCommand,
  type ErrorDetail,
  type Failure,
  type JsonValue,
  type Result,
} from '@talus/protocol'
import { Draft } from '../draft.js'
import type { ProjectGraph } from '../project-graph.js'
import { fittingBatch } from './limits.js'
import type { PlanContext, Planned } from './planned.js'
import { planSimple } from './simple.js'

/** The failure of one command, pointing to where it stands in the batch. */
function within(index: number, { code, message, details = [] }: Failure): Failure {
  const at = `/data/commands/${index}`
  const unsaid: ErrorDetail = { path: '', expected: 'a command that can be executed' }
  const said = details.length > 0 ? details : [unsaid]
  return { code, message, details: said.map((detail) => ({ ...detail, path: at + detail.path })) }
}

/** Plans several commands as one: each on what the earlier ones leave, all or none (rule CMD6). */
export function planBatch(
  graph: ProjectGraph,
  { commands }: BatchCommand['data'],
  context: PlanContext,
): Result<Planned> {
  const fits = fittingBatch(commands, context.limits)
  if (!fits.ok) return fits
  const draft = new Draft(graph)
  const results: JsonValue[] = []
  try {
    for (const [index, command] of commands.entries()) {
      const planned = planSimple(draft.view(), command, context)
      if (!planned.ok) return { ok: false, error: within(index, planned.error) }
      draft.add(planned.value.changes)
      results.push(planned.value.result)
    }
    return ok({ changes: draft.changes, result: { results } })
  } finally {
    draft.discard()
  }
}
