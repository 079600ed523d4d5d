import { figure } from '../report.js'
import { median } from '../statistics.js'
import { ratioOf, type Finding } from './findings.js'

/** What one change cost, the mean of a round. */
export type StreamSample = {
  /** Payload that each client of the session is sent. */
  bytes: number
  /** Microseconds of the server's CPU, with all followers. */
  server: number
  /** Microseconds of CPU of one follower, from the socket to what it holds. */
  client: number
  /** Microseconds from one to the next, until all followers have applied the last. */
  time: number
}

export type StreamRounds = { title: string; samples: readonly StreamSample[] }

const HEAD = ['bytes', 'server CPU µs', 'follower CPU µs', 'µs of time']
const KEYS = ['bytes', 'server', 'client', 'time'] as const

/** A row for each way: the medians of its rounds. */
export function streamTable(pace: string, ways: readonly StreamRounds[]): string[][] {
  const rows = ways.map(({ title, samples }) => [
    title,
    ...KEYS.map((key) => figure(median(samples.map((sample) => sample[key])))),
  ])
  return [[`each change, ${pace}`, ...HEAD], ...rows]
}

/** Goal P6: at most half the bytes, and never slower. */
export function streamGoals(
  pace: string,
  changes: readonly StreamSample[],
  events: readonly StreamSample[],
): Finding[] {
  const ratio = (key: keyof StreamSample, what: string, goal: Partial<Finding>) => {
    const [of, to] = [changes, events].map((samples) => samples.map((sample) => sample[key]))
    return ratioOf(
      { ...goal, what: `${what}, \`changes\` to \`events\`, ${pace}` },
      of ?? [],
      to ?? [],
    )
  }
  return [
    ratio('bytes', 'bytes', { id: 'P6', bound: 0.5 }),
    ratio('time', 'time until applied', { id: 'P6', bound: 1 }),
    ratio('server', "server's CPU", {}),
    ratio('client', "follower's CPU", {}),
  ]
}
