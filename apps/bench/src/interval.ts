import { cpus } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import type { Timing } from './cases.js'

/** The measured stretch of a round: from and to on the clock of `performance.now()`. */
export type Interval = {
  from: number
  to: number
  seconds: number
  /** Answers that came in it. */
  answers: number
  /** CPU seconds of the server, all its threads. */
  serverCpu: number
  /** Share of its core that the load generator used; near 1 it was the bottleneck. */
  generatorShare: number
  /** Cores that other programs used meanwhile; above a tenth or so they disturbed the round. */
  othersShare: number
  /** By how much the target's counters grew. */
  counted: Counters
}

/** Counters by name, which only grow. */
export type Counters = Record<string, number>

/** What a load is sent to: one server or several, and what to read of it before and after. */
export type Target = {
  urls: readonly string[]
  /** CPU seconds of its servers so far. */
  cpu: () => number
  counters?: () => Promise<Counters>
}

/** CPU seconds that the whole machine has used. */
function machineCpu(): number {
  const used = cpus().map(({ times: { user, nice, sys, irq } }) => user + nice + sys + irq)
  return used.reduce((sum, milliseconds) => sum + milliseconds, 0) / 1000
}

/** By how much each counter grew. */
function growth(before: Counters, after: Counters): Counters {
  return Object.fromEntries(
    Object.entries(after).map(([name, value]) => [name, value - (before[name] ?? 0)]),
  )
}

type Watched = { server: Target; answered: () => number }

function reading({ server, answered }: Watched) {
  const { user, system } = process.cpuUsage()
  return {
    at: performance.now(),
    answers: answered(),
    server: server.cpu(),
    generator: (user + system) / 1e6,
    machine: machineCpu(),
  }
}

/** Lets the load run warm, then watches it for the time given. */
export async function measuredInterval(watched: Watched, timing: Timing): Promise<Interval> {
  await pause(1000 * timing.warmUp)
  const before = (await watched.server.counters?.()) ?? {}
  const start = reading(watched)
  await pause(1000 * timing.measure)
  const end = reading(watched)
  const after = (await watched.server.counters?.()) ?? {}
  const seconds = (end.at - start.at) / 1000
  const serverCpu = end.server - start.server
  const generatorCpu = end.generator - start.generator
  const others = end.machine - start.machine - serverCpu - generatorCpu
  return {
    from: start.at,
    to: end.at,
    seconds,
    answers: end.answers - start.answers,
    serverCpu,
    generatorShare: generatorCpu / seconds,
    othersShare: Math.max(0, others / seconds),
    counted: growth(before, after),
  }
}
