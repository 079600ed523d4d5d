import { PREHEAT, type Case, type CaseName, type Timing } from './cases.js'
import { startFloor, startTalus, talusExists, type Contender } from './contenders.js'
import { runNoopRound, type NoopRound } from './noop-round.js'
import { runRound, type Round } from './round.js'

/** The rounds of one case, in the order they ran: floor, Talus, floor, Talus, … */
export type Measurement = {
  name: CaseName
  title: string
  floor: Round[]
  talus: Round[]
  noop: NoopRound[]
}

export type MeasureOptions = {
  timing: Timing
  preheat: boolean
  /** Arguments of Node for the Talus server, for example those of the profiler. */
  nodeArgs: readonly string[]
  onRound: (what: string) => void
}

/** Measures a case with both servers running; the one whose turn it is not has no clients. */
export async function measure(subject: Case, options: MeasureOptions): Promise<Measurement> {
  const floor = await startFloor()
  let talus: Contender | undefined
  try {
    if (talusExists()) talus = await startTalus(options.nodeArgs)
    for (const contender of options.preheat ? [floor, talus] : []) {
      if (contender) await runRound(contender.server, PREHEAT.load, PREHEAT.timing)
    }
    return await alternate(subject, floor, talus, options)
  } finally {
    await floor.stop()
    await talus?.stop()
  }
}

async function alternate(
  { name, title, load, noopClients }: Case,
  floor: Contender,
  talus: Contender | undefined,
  { timing, onRound }: MeasureOptions,
): Promise<Measurement> {
  const measured: Measurement = { name, title, floor: [], talus: [], noop: [] }
  for (let i = 1; i <= timing.rounds; i++) {
    onRound(`${name} round ${i} of ${timing.rounds}`)
    measured.floor.push(await runRound(floor.server, load, timing))
    if (talus) measured.talus.push(await runRound(talus.server, load, timing))
    if (noopClients) measured.noop.push(await runNoopRound(floor.server, noopClients, timing))
  }
  return measured
}
