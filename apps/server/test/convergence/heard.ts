import type { Entry } from '@talus/protocol'
import { expect } from 'vitest'
import type { Received } from '../harness.js'
import type { Era, SocketClient } from './client.js'
import type { Stream } from './script.js'

/** What concerns one client alone, or who is there. */
const ASIDE = new Set([
  'joined',
  'left',
  'error',
  'session:connected',
  'session:disconnected',
  'presence:changed',
])

/** What an era says of the graph and of commands, in order. */
function told({ heard }: Era): Received[] {
  return heard.filter(({ event }) => !ASIDE.has(event))
}

/** Commits by what ends them. A load ends with itself. */
const ENDINGS = new Set(['command:executed', 'command:undo', 'command:redo', 'project:loaded'])

function isEffect({ event, payload }: Received): boolean {
  return 'seq' in payload && !ENDINGS.has(event)
}

/** From the first effect of a command to its end nothing else is said (rule CMD2). */
function expectUndivided(events: readonly Received[]): void {
  let open: unknown
  for (const received of events) {
    const { event, payload } = received
    if (open !== undefined) expect(payload['seq'], `${event} amid another commit`).toBe(open)
    if (isEffect(received)) open = payload['seq']
    else if ('seq' in payload) open = undefined
  }
}

/** Whoever is told of an end was told of the beginning (rule CMD2). */
function expectAnnounced(events: readonly Received[]): void {
  const executing = new Map<unknown, number>()
  for (const { event, payload } of events) {
    const { command_id } = payload
    const open = executing.get(command_id) ?? 0
    if (event === 'command:executing') executing.set(command_id, open + 1)
    if (event !== 'command:executed' && event !== 'command:failed') continue
    expect(open, `${event} of '${String(command_id)}' without an executing`).toBeGreaterThan(0)
    executing.set(command_id, open - 1)
  }
}

function seqsOf({ event, payload }: Received): number[] {
  if (event === 'session:changes') return (payload['entries'] as Entry[]).map(({ seq }) => seq)
  return ENDINGS.has(event) && typeof payload['seq'] === 'number' ? [payload['seq']] : []
}

/** Seqs of the commits in an era; those that were too large count by what stands for them. */
function commits(era: Era, stream: Stream): number[] {
  const isLarge = ({ event }: Received) => stream === 'changes' && event === 'resync:required'
  return told(era).flatMap((received) =>
    isLarge(received) ? [Number(received.payload['seq'])] : seqsOf(received),
  )
}

/** What is sent follows on the answer to the join, and on itself (rules SYNC1, CMD5). */
function expectGapless(era: Era, stream: Stream): void {
  const joined = era.heard.find(({ event }) => event === 'joined')
  const seqs = commits(era, stream)
  const first = typeof joined?.payload['seq'] === 'number' ? joined.payload['seq'] + 1 : seqs[0]
  expect(seqs).toEqual(seqs.map((_, i) => Number(first) + i))
}

/**
 * Whether `part` stands in `whole` in one piece; both as text. It may go on behind the end of a
 * whole that was cut off.
 */
function contains(whole: readonly string[], part: readonly string[], isCut: boolean): boolean {
  const [first] = part
  if (first === undefined) return true
  for (let at = whole.indexOf(first); at >= 0; at = whole.indexOf(first, at + 1)) {
    const overlap = isCut ? part.slice(0, whole.length - at) : part
    if (overlap.every((text, i) => whole[at + i] === text)) return true
  }
  return false
}

/** Whether an era began when the other had heard its last, before both were cut off. */
function isBehind(era: Era, other: Era, stream: Stream): boolean {
  const last = commits(other, stream).at(-1) ?? 0
  const [first] = commits(era, stream)
  return first === undefined || first > last
}

function asText(events: readonly Received[]): string[] {
  return events.map(({ event, payload }) => `${event} ${JSON.stringify(payload)}`)
}

/** What a listener heard is a piece of what everybody of its kind heard. */
function expectSame(era: Era, observer: SocketClient): void {
  const { eras, member } = observer
  const part = asText(told(era))
  const whole = eras.find(({ life }) => life === era.life)
  if (!whole) return expect(part).toEqual([])
  // At the end everybody waited for everything; before, one may have heard more than the other.
  const isCut = whole !== eras.at(-1)
  const text = asText(told(whole))
  if (contains(text, part, isCut) || (isCut && isBehind(era, whole, member.stream))) return
  // Only to show where they part.
  expect(part).toEqual(text.slice(text.indexOf(part[0] ?? '')))
}

/** Holds what all listeners heard against the rules, and against each other. */
export function expectHeard(
  listeners: readonly SocketClient[],
  observers: readonly SocketClient[],
): void {
  for (const { eras, member } of observers) {
    for (const era of eras) if (member.stream !== 'changes') expectAnnounced(told(era))
  }
  for (const { eras, member } of listeners) {
    const observer = observers.find((one) => one.member.stream === member.stream)
    for (const era of eras) {
      expectGapless(era, member.stream)
      if (member.stream !== 'changes') expectUndivided(told(era))
      if (observer) expectSame(era, observer)
    }
  }
}
