import type { Broadcaster } from '../broadcast/publication.js'
import type { PlanTask, PlanTaskInSteps } from '../dispatch/planning.js'
import type { Journal } from '../journal/journal.js'
import type { Instruments } from './instruments.js'

/** One plan of so many is timed: most take less than the clock costs. */
const SAMPLED = 16

function secondsSince(began: number): number {
  return (performance.now() - began) / 1_000
}

/** Plans, and times some of it. */
export function timedPlan(plan: PlanTask, { planSeconds }: Instruments): PlanTask {
  let turn = 0
  return (ground, task) => {
    turn = (turn + 1) % SAMPLED
    if (turn !== 1) return plan(ground, task)
    const began = performance.now()
    const planned = plan(ground, task)
    planSeconds.observe(secondsSince(began))
    return planned
  }
}

/** Plans in steps, and times what they take without the pauses in between. */
export function timedPlanInSteps(
  plan: PlanTaskInSteps,
  { planSeconds }: Instruments,
): PlanTaskInSteps {
  return function* timed(ground, task) {
    const steps = plan(ground, task)
    let seconds = 0
    try {
      for (;;) {
        const began = performance.now()
        const step = steps.next()
        seconds += secondsSince(began)
        if (step.done) return step.value
        yield
      }
    } finally {
      // Given up between two steps: what they have tried is taken back.
      steps.return({ outcome: 'nothing', result: null })
      planSeconds.observe(seconds)
    }
  }
}

/** Appends groups, and tells their size, how long they took and whether they failed. */
export function timedAppends(
  journal: Pick<Journal, 'append'>,
  { appendSeconds, appendCommands, appendSessions, appendFailures }: Instruments,
): Pick<Journal, 'append'> {
  return {
    async append(batches) {
      const began = performance.now()
      try {
        return await journal.append(batches)
      } catch (err) {
        appendFailures.inc()
        throw err
      } finally {
        appendSeconds.observe(secondsSince(began))
        appendSessions.observe(batches.length)
        const commands = batches.reduce(
          (sum, { commits, receipts }) => sum + commits.length + receipts.length,
          0,
        )
        appendCommands.observe(commands)
      }
    },
  }
}

/** Publishes, and tells how long it took to make the bytes and how many clients they were for. */
export function timedBroadcasts(
  broadcaster: Broadcaster,
  { publishSeconds, publicationClients }: Instruments,
  clientsIn: (session_id: string) => number,
): Broadcaster {
  return {
    prepare(session, publications) {
      const began = performance.now()
      const made = broadcaster.prepare(session, publications)
      if (made) publishSeconds.observe(secondsSince(began))
      return made
    },
    publish(session, publications, made) {
      const began = made ? undefined : performance.now()
      broadcaster.publish(session, publications, made)
      if (began !== undefined) publishSeconds.observe(secondsSince(began))
      publicationClients.observe(clientsIn(session.session_id))
    },
    *publishInSteps(session, publications) {
      publicationClients.observe(clientsIn(session.session_id))
      yield* broadcaster.publishInSteps(session, publications)
    },
  }
}
