import { expect, test } from 'vitest'
import { Dealer } from './convergence/dealer.js'
import { HONEST_SESSION, workHonestly } from './fuzz/honest.js'
import { Judge } from './fuzz/judge.js'
import { expectUnharmed, warmedUp } from './fuzz/outcome.js'
import { PacketGrammar } from './fuzz/packets.js'
import { attackByPolling } from './fuzz/polling-attack.js'
import { HANGS_AFTER_MS, repeatBy, scale } from './fuzz/scale.js'
import { startSubject } from './fuzz/subject.js'
import { attackByWebSocket, type Attack } from './fuzz/web-socket-attack.js'
import { tokenFor } from './tokens.js'

const LANES = 12

/** What attackers know: their own sessions, and the id of the honest one. */
async function attacksOn(
  { subject, judge, patience }: Pick<Attack, 'subject' | 'judge' | 'patience'>,
  seed: number,
): Promise<Attack[]> {
  const token = await tokenFor('eve')
  const expired = await tokenFor('eve', { expires: 1 })
  const forged = await tokenFor('ann', { secret: 'another secret, just as long as the first' })
  const handshakes = subject.authenticated
    ? [{}, { token }, { token }, { token }, { token: expired }, { token: forged }, { token: 7 }]
    : [{}, {}, { actor: 'eve' }, { actor: { id: '__proto__' } }]
  // What others do where anybody may do everything would be no fault of the server.
  const sessions = subject.authenticated ? ['eves', HONEST_SESSION] : ['eves', 'others']
  return Array.from({ length: LANES }, (_, lane) => {
    const dealer = new Dealer(seed * 1_000 + lane)
    return {
      subject,
      judge,
      patience,
      dealer,
      packets: new PacketGrammar(dealer, { sessions, handshakes }),
    }
  })
}

/** Each lane is a connection after the other; every fourth polls. */
async function attackWith(attacks: readonly Attack[], inputs: number): Promise<void> {
  let left = inputs
  const run = async (attack: Attack, lane: number) => {
    while (left > 0 && attack.subject.died() === undefined) {
      const count = 1 + attack.dealer.below(60)
      left -= await (lane % 4 === 3
        ? attackByPolling(attack, count)
        : attackByWebSocket(attack, count))
    }
  }
  await Promise.all(attacks.map(run))
}

test.each([
  ['without authentication', false],
  ['with authentication', true],
])(
  '[CMD1] [CMD3] [JOIN4] hostile packets over both transports harm nobody, %s',
  { timeout: HANGS_AFTER_MS },
  async (_title, authenticated) => {
    const { inputs, seed } = scale()
    await using subject = await startSubject({ authenticated })
    using honest = await workHonestly(subject)
    const judge = new Judge()
    const { patience } = honest
    const attacks = await attacksOn({ subject, judge, patience }, seed)
    const warming = Math.min(inputs / 8, 5_000)
    const baseline = await warmedUp(subject, () => attackWith(attacks, warming))
    await attackWith(attacks, inputs / 2 - warming)
    await expectUnharmed({ subject, honest, judge, baseline, repeat: repeatBy({ inputs, seed }) })
    expect(judge.heard).toBeGreaterThan(inputs / 10)
  },
)
