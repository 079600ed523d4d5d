import { ERROR_CODES, type Ack, type AckSuccess, type Entry } from '@talus/protocol'
import { expect } from 'vitest'
import { idOf, type Attempt, type Ledger } from './ledger.js'

type Answered = Attempt & { outcome: { state: 'answered'; at: number; ack: Ack } }
type Accepted = Answered & { outcome: { ack: AckSuccess } }

function isAnswered(attempt: Attempt): attempt is Answered {
  return attempt.outcome.state === 'answered'
}

function isAccepted(attempt: Attempt): attempt is Accepted {
  return isAnswered(attempt) && attempt.outcome.ack.ok
}

/** What makes two requests the same; `force: false` is as good as none. */
function payloadOf({ request }: Attempt): string {
  const { command_id: _, ...rest } = { command_id: '', ...request }
  return JSON.stringify({
    ...rest,
    ...('force' in rest && !rest.force ? { force: undefined } : {}),
  })
}

function answerOf({ outcome }: Accepted): object {
  const { duplicate: _, ...answer } = outcome.ack
  return answer
}

function isReused({ outcome: { ack } }: Answered): boolean {
  return !ack.ok && ack.error.code === 'COMMAND_ID_REUSED'
}

/** All that was sent under one id was executed once at most, with one answer (rules IDEM1, IDEM2). */
function expectOnce(id: string, attempts: readonly Answered[], entry: Entry | undefined): void {
  const accepted = attempts.filter(isAccepted)
  const [first] = accepted
  // A refused command leaves no trace.
  if (!first) return expect(entry, `'${id}' refused`).toBeUndefined()
  const { seq, result } = first.outcome.ack
  expect({ id, seq: entry?.seq ?? null }).toEqual({ id, seq })
  if (entry) expect(entry.result ?? null).toEqual(result)
  for (const other of accepted) {
    expect(answerOf(other)).toEqual(answerOf(first))
    expect(payloadOf(other)).toBe(payloadOf(first))
  }
  const fresh = accepted.filter(({ outcome }) => outcome.ack.duplicate !== true)
  const heardAll = attempts.every(({ tries }) => tries === 1)
  expect(fresh.length, `'${id}' executed`).toBeLessThanOrEqual(1)
  if (heardAll) expect(fresh.length, `'${id}' executed`).toBe(1)
  const known = Math.min(...accepted.map(({ outcome }) => outcome.at))
  for (const later of attempts.filter(({ sent }) => sent > known)) expectRepeated(later, first)
}

/** Whoever sends what was answered before gets that answer, or learns that the id is taken. */
function expectRepeated({ outcome: { ack }, ...later }: Answered, first: Accepted): void {
  const isSame = payloadOf({ ...later, outcome: { state: 'open' } }) === payloadOf(first)
  const told = ack.ok ? { duplicate: ack.duplicate } : { code: ack.error.code }
  expect(told).toEqual(isSame ? { duplicate: true } : { code: 'COMMAND_ID_REUSED' })
}

function expectReusedForAReason(attempts: readonly Answered[]): void {
  for (const refused of attempts) {
    if (!isReused(refused)) continue
    const others = attempts.filter((other) => payloadOf(other) !== payloadOf(refused))
    expect(others.some(({ sent }) => sent < refused.outcome.at)).toBe(true)
  }
}

/** Those who chose no id: their entries are found by the answer, or were lost with it. */
function expectNameless(attempts: readonly Attempt[], unnamed: readonly Entry[]): void {
  const commands = attempts.filter(({ request: { verb } }) => verb !== 'load' && verb !== 'save')
  const loads = attempts.filter(({ request: { verb } }) => verb === 'load')
  const isLost = ({ outcome }: Attempt) => outcome.state === 'lost'
  const loaded = unnamed.filter(({ command_type }) => command_type === 'LoadProject')
  const acknowledged = loads.filter(isAccepted).length
  expect(loaded.length).toBeGreaterThanOrEqual(acknowledged)
  expect(loaded.length).toBeLessThanOrEqual(acknowledged + loads.filter(isLost).length)
  const rest = new Map(
    unnamed.filter((entry) => !loaded.includes(entry)).map((entry) => [entry.command_id, entry]),
  )
  for (const { outcome } of commands.filter(isAccepted)) {
    const { command_id, seq } = outcome.ack
    expect(rest.get(command_id)?.seq ?? null).toBe(seq)
    rest.delete(command_id)
  }
  expect(rest.size).toBeLessThanOrEqual(commands.filter(isLost).length)
}

/** Whatever is refused is refused in the words of the contract. */
function expectEnvelopes(attempts: readonly Attempt[]): void {
  for (const { outcome } of attempts.filter(isAnswered)) {
    if (!outcome.ack.ok) expect(ERROR_CODES).toContain(outcome.ack.error.code)
  }
}

/** Undo and redo that came to nothing say so, and only they (rule UNDO3). */
function expectOutcomes(attempts: readonly Attempt[]): void {
  for (const { outcome } of attempts.filter(isAccepted)) {
    const { undo, seq } = outcome.ack
    if (undo) expect(undo.status === 'noop').toBe(seq === null)
  }
}

function byName(attempts: readonly Attempt[]): Map<string, Attempt[]> {
  const named = new Map<string, Attempt[]>()
  for (const attempt of attempts) {
    const id = idOf(attempt)
    if (id !== undefined) named.set(id, [...(named.get(id) ?? []), attempt])
  }
  return named
}

/** The journal holds what was acknowledged, once, in its place, and nothing else. */
export function expectAccounts(ledger: Ledger, entries: readonly Entry[], firstSeq: number): void {
  const { attempts } = ledger
  expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, i) => i + 1))
  const byId = new Map(entries.map((entry) => [entry.command_id, entry]))
  expect(byId.size).toBe(entries.length)
  const named = byName(attempts)
  const nameless = attempts.filter((attempt) => idOf(attempt) === undefined)
  for (const [id, group] of named) {
    expect(group.every(isAnswered), `'${id}' was answered`).toBe(true)
    const answered = group.filter(isAnswered)
    expectOnce(id, answered, byId.get(id))
    expectReusedForAReason(answered)
  }
  const later = entries.filter(({ seq }) => seq > firstSeq)
  expectNameless(
    nameless,
    later.filter(({ command_id }) => !named.has(command_id)),
  )
  expectOutcomes(attempts)
  expectEnvelopes(attempts)
}
