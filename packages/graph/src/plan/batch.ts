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
import type { Steps } from '../steps.js'
import { fittingBatch } from './limits.js'
import type { PlanContext, Planned } from './planned.js'
import { planSimpleInSteps } from './simple.js'

/** The failure of one command, pointing to where it stands in the batch. */
function within(index: number, { code, message, details = [] }: Failure): Failure {
  const at = `/data/commands/${index}`
  const unsaid: ErrorDetail = { path: '', expected: 'a command that can be executed' }
  const said = details.length > 0 ? details : [unsaid]
  return { code, message, details: said.map((detail) => ({ ...detail, path: at + detail.path })) }
}

/** Commands that are planned in one step, unless one of them takes steps of its own. */
const COMMANDS_PER_STEP = 4

/** Plans several commands as one: each on what the earlier ones leave, all or none (rule CMD6). */
export function* planBatch(
  graph: ProjectGraph,
  { commands }: BatchCommand['data'],
  context: PlanContext,
): Steps<Result<Planned>> {
  const fits = fittingBatch(commands, context.limits)
  if (!fits.ok) return fits
  const draft = new Draft(graph)
  const results: JsonValue[] = []
  try {
    for (const [index, command] of commands.entries()) {
      if (index % COMMANDS_PER_STEP === COMMANDS_PER_STEP - 1) yield
      const view = yield* draft.viewInSteps()
      const planned = yield* planSimpleInSteps(view, command, context)
      if (!planned.ok) return { ok: false, error: within(index, planned.error) }
      draft.add(planned.value.changes)
      results.push(planned.value.result)
    }
    yield* draft.discardInSteps()
    return ok({ changes: draft.changes, result: { results } })
  } finally {
    draft.discard()
  }
}
