import type { PlanTask } from '../dispatch/planning.js'
import type { Ground, Plan } from '../dispatch/planning.js'
import type { Task } from '../dispatch/task.js'
import type { Access } from './access.js'
import type { Caller } from './caller.js'
import { authorise } from './gate.js'

/**
 * Plans only what the caller may still do at that moment, and with the permissions of that moment: a
 * role may have been taken, changed or expired while the task waited (rule AUTH9). Where nothing has
 * changed, which is nearly always, this costs two look-ups.
 */
export function authorisedPlan(plan: PlanTask, { now }: Pick<Access, 'now'>): PlanTask {
  function planAgain(ground: Ground, task: Task, caller: Caller): Plan {
    const authorised = authorise(caller, task.requires ?? 'editor')
    if (!authorised.ok) return { outcome: 'refused', failure: authorised.error }
    const { role } = caller
    // No rule asks for more than an owner.
    const permissions =
      role === null || role === 'owner' ? undefined : ground.rules?.permissionsOf(role)
    const may = task.kind === 'replace' ? permissions?.toReplace() : undefined
    if (may?.ok === false) return { outcome: 'refused', failure: may.error }
    return plan(ground, { ...task, permissions })
  }

  return (ground, task) => {
    const source = task.kind === 'replace' ? task.source : undefined
    if (source) {
      const authorised = authorise(now(source), task.requires ?? 'editor')
      if (!authorised.ok) return { outcome: 'refused', failure: authorised.error }
    }
    if (!task.caller) return plan(ground, task)
    const caller = now(task.caller)
    return caller === task.caller ? plan(ground, task) : planAgain(ground, task, caller)
  }
}
