import { setTimeout as pause } from 'node:timers/promises'
import type { Load, Timing } from './cases.js'
import { measuredInterval, type Counters, type Interval, type Target } from './interval.js'
import { startLoad } from './load.js'
import { Room, type Passports } from './room.js'
import { quantile } from './statistics.js'

/** A load, and who its clients prove to be. */
export type Work = Load & { passports?: Passports }

const SETTLE_MS = 200
const DRAIN_MS = 15_000

/** What one round of one server gave. Latencies in milliseconds from sending. */
export type Round = {
  commandsPerSecond: number
  /** Server CPU seconds for 1,000 commands. */
  cpu: number
  ackP50: number
  ackP99: number
  /** Until the last client of the room had `command:executed`. */
  lastP50: number
  lastP99: number
  /** From the acknowledgement until the last client had `command:executed`. */
  afterAckP50: number
  afterAckP99: number
  generatorShare: number
  othersShare: number
  /** By how much the target's counters grew, for each command. */
  perCommand: Counters
}

async function openRooms({ urls }: Target, { rooms, members, passports }: Work): Promise<Room[]> {
  const opened: Room[] = []
  for (let i = 0; i < rooms; i++) {
    // Each room begins with another server, so that all have as many writers.
    const turned = [...urls.slice(i % urls.length), ...urls.slice(0, i % urls.length)]
    opened.push(await Room.open(turned, members, passports))
  }
  return opened
}

async function drained(rooms: Room[]): Promise<void> {
  const deadline = performance.now() + DRAIN_MS
  while (!rooms.every((room) => room.settled) && performance.now() < deadline) await pause(10)
  // An event too many would come after the last one that is expected.
  await pause(50)
}

function latencies(rooms: Room[], within: Interval) {
  const ack: number[] = []
  const last: number[] = []
  const afterAck: number[] = []
  for (const room of rooms) {
    const seenByAll = room.seenByAll()
    for (const [i, sentAt] of room.sentAt.entries()) {
      if (sentAt < within.from || sentAt > within.to) continue
      const ackedAt = room.ackedAt[i] ?? Number.NaN
      const seenAt = seenByAll[i] ?? Number.NaN
      ack.push(ackedAt - sentAt)
      last.push(seenAt - sentAt)
      afterAck.push(seenAt - ackedAt)
    }
  }
  return { ack, last, afterAck }
}

function summarise(rooms: Room[], interval: Interval): Round {
  const { answers, seconds, serverCpu, generatorShare, othersShare, counted } = interval
  const { ack, last, afterAck } = latencies(rooms, interval)
  return {
    commandsPerSecond: answers / seconds,
    cpu: (1000 * serverCpu) / answers,
    ackP50: quantile(ack, 0.5),
    ackP99: quantile(ack, 0.99),
    lastP50: quantile(last, 0.5),
    lastP99: quantile(last, 0.99),
    afterAckP50: quantile(afterAck, 0.5),
    afterAckP99: quantile(afterAck, 0.99),
    generatorShare,
    othersShare,
    perCommand: Object.fromEntries(
      Object.entries(counted).map(([name, value]) => [name, value / answers]),
    ),
  }
}

/** Runs the load once. Throws when a client missed an event or had one too many. */
export async function runRound(server: Target, load: Work, timing: Timing): Promise<Round> {
  const rooms = await openRooms(server, load)
  try {
    await pause(SETTLE_MS)
    for (const room of rooms) room.listen()
    const stop = startLoad(rooms, load)
    const answered = () => rooms.reduce((sum, room) => sum + room.acked, 0)
    const interval = await measuredInterval({ server, answered }, timing)
    stop()
    await drained(rooms)
    for (const room of rooms) room.verify()
    return summarise(rooms, interval)
  } finally {
    for (const room of rooms) room.close()
  }
}
