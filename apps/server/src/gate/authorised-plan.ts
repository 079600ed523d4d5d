import type { Failure } from '@talus/protocol'
import type { Ground, PlanTask, PlanTaskInSteps } from '../dispatch/planning.js'
import type { Task } from '../dispatch/task.js'
import type { Asker, StillHas } from '../members/asker.js'
import type { Access } from './access.js'
import type { Caller } from './caller.js'
import { authorise } from './gate.js'

/** Every asker is a caller: nobody else makes them. */
function callerOf(asker: Asker): Caller {
  return asker as Caller
}

export function rolesOfTheMoment({ now }: Pick<Access, 'now'>): StillHas {
  return (asker, requires) => authorise(now(callerOf(asker)), requires)
}

/** What may be planned, or why it may not; `caller`: as they are now. */
type Allowed = { ok: true; task: Task; caller: Caller | undefined } | { ok: false; error: Failure }

function allowedNow({ now }: Pick<Access, 'now'>, ground: Ground, task: Task): Allowed {
  const requires = 'requires' in task ? (task.requires ?? 'editor') : 'editor'
  if (task.kind === 'replace' && task.source) {
    const may = authorise(now(callerOf(task.source)), requires)
    if (!may.ok) return may
  }
  if (!task.caller) return { ok: true, task, caller: undefined }
  const before = callerOf(task.caller)
  const caller = now(before)
  if (caller === before) return { ok: true, task, caller }
  const authorised = authorise(caller, requires)
  if (!authorised.ok) return authorised
  const { role } = caller
  // No rule asks for more than an owner.
  const isOwner = role === null || role === 'owner'
  const permissions = isOwner ? undefined : ground.rules?.permissionsOf(role)
  const may = task.kind === 'replace' ? permissions?.toReplace() : undefined
  return may?.ok === false ? may : { ok: true, task: { ...task, permissions, caller }, caller }
}

/**
 * Plans only what the caller may still do at that moment, and with the permissions of that moment: a
 * role may have been taken, changed or expired while the task waited (rule AUTH9). Where nothing has
 * changed, which is nearly always, this costs two look-ups.
 */
export function authorisedPlan(plan: PlanTask, access: Pick<Access, 'now'>): PlanTask {
  return (ground, task) => {
    const allowed = allowedNow(access, ground, task)
    if (!allowed.ok) return { outcome: 'refused', failure: allowed.error }
    return plan(ground, allowed.task)
  }
}

/** The same in steps: what has changed by the last one has the task planned again. */
export function authorisedSteps(
  planInSteps: PlanTaskInSteps,
  access: Pick<Access, 'now'>,
): PlanTaskInSteps {
  return function* planAllowed(ground, task) {
    for (let asked = task; ;) {
      const allowed = allowedNow(access, ground, asked)
      if (!allowed.ok) return { outcome: 'refused', failure: allowed.error }
      const plan = yield* planInSteps(ground, allowed.task)
      if (!allowed.caller || access.now(allowed.caller) === allowed.caller) return plan
      asked = allowed.task
    }
  }
}
