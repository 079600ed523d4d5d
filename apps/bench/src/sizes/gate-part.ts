import { createHmac, randomBytes } from 'node:crypto'
import type { Load, Timing } from '../cases.js'
import { startTalus } from '../contenders.js'
import type { Passports } from '../room.js'
import { runRound, type Round } from '../round.js'
import { ratioOf, type Finding } from './findings.js'
import type { Part } from './part.js'

/** The work in which a command costs least beside its gate: hardly anybody is told of it. */
const LOAD: Load = { rooms: 50, members: 2, writers: 1, pace: { kind: 'closed' } }

const TIMING: Timing = { warmUp: 0.8, measure: 2.4, rounds: 7 }
const QUICK: Timing = { warmUp: 0.3, measure: 0.7, rounds: 1 }
const PREHEAT: Timing = { warmUp: 0, measure: 6, rounds: 1 }

/** Who is who costs a tenth of the commands a second at most: 1 / 0.9 times as much for each. */
const BOUND = 1 / 0.9

/** JSON Web Tokens of one secret. Source: RFC 7515, appendix A.1. */
function passportsOf(secret: string): Passports {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const head = part({ alg: 'HS256', typ: 'JWT' })
  return (sub) => {
    const exp = Math.floor(Date.now() / 1000) + 3600
    const signed = `${head}.${part({ sub, exp })}`
    return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
  }
}

type Rounds = { open: Round[]; gated: Round[] }

/** Figures of the server that asks everybody who they are, to those of the one that does not. */
function gateFindings({ open, gated }: Rounds): Finding[] {
  const seconds = (rounds: readonly Round[]) => rounds.map((round) => 1 / round.commandsPerSecond)
  const cpu = (rounds: readonly Round[]) => rounds.map((round) => round.cpu)
  return [
    ratioOf(
      { what: 'time of a command with authentication, to without', bound: BOUND },
      seconds(gated),
      seconds(open),
    ),
    ratioOf({ what: 'CPU of a command with authentication, to without' }, cpu(gated), cpu(open)),
  ]
}

/** What it costs to know who everybody is and what they may do. */
export const gatePart: Part = {
  name: 'gate',
  async run({ quick, nodeArgs, onProgress }) {
    const timing = quick ? QUICK : TIMING
    const secret = randomBytes(32).toString('hex')
    const gated = { ...LOAD, passports: passportsOf(secret) }
    const open = await startTalus(nodeArgs)
    try {
      // Every room of every round is a new session.
      const guarded = await startTalus(nodeArgs, [
        '--jwt-secret',
        secret,
        '--new-session-rate',
        '0',
      ])
      try {
        if (!quick) {
          await runRound(open.server, LOAD, PREHEAT)
          await runRound(guarded.server, gated, PREHEAT)
        }
        const rounds: Rounds = { open: [], gated: [] }
        for (let round = 1; round <= timing.rounds; round++) {
          onProgress(`gate: round ${round} of ${timing.rounds}`)
          rounds.open.push(await runRound(open.server, LOAD, timing))
          rounds.gated.push(await runRound(guarded.server, gated, timing))
        }
        return { title: 'The gate', tables: [], list: gateFindings(rounds) }
      } finally {
        await guarded.stop()
      }
    } finally {
      await open.stop()
    }
  },
}
