import { describe, expect, it } from 'vitest'
import { delayFindings, delayTable } from '../src/sizes/delay-table.js'
import { isMet } from '../src/sizes/findings.js'
import { streamGoals, streamTable, type StreamSample } from '../src/sizes/stream-findings.js'

const sample = (bytes: number, time: number): StreamSample => ({
  bytes,
  time,
  server: 10 * time,
  client: time / 10,
})

describe('streamTable', () => {
  it('has the medians of each way', () => {
    const samples = [sample(900, 30), sample(800, 10), sample(1_000, 20)]
    expect(streamTable('one at a time', [{ title: 'events', samples }])).toEqual([
      ['each change, one at a time', 'bytes', 'server CPU µs', 'follower CPU µs', 'µs of time'],
      ['events', '900', '200', '2.0', '20.0'],
    ])
  })
})

describe('streamGoals', () => {
  const met = (changes: StreamSample, events: StreamSample) =>
    streamGoals('32 in flight', [changes], [events])
      .filter(({ bound }) => bound !== undefined)
      .map((finding) => [finding.id, isMet(finding)])

  it('wants half the bytes in no more time', () => {
    expect(met(sample(450, 20), sample(900, 20))).toEqual([
      ['P6', true],
      ['P6', true],
    ])
    expect(met(sample(451, 21), sample(900, 20))).toEqual([
      ['P6', false],
      ['P6', false],
    ])
  })

  it('compares CPU as well, without a goal', () => {
    const [, , server, client] = streamGoals('32 in flight', [sample(1, 10)], [sample(1, 40)])
    expect(server).toMatchObject({ value: 0.25, unit: '×' })
    expect(client).toMatchObject({ value: 0.25, unit: '×' })
  })
})

describe('delays', () => {
  const echo = [{ local: [], acked: [0.4, 0.5, 0.6], seen: [0.8, 1, 1.2] }]
  const sdk = [{ local: [0.1, 0.1, 0.1], acked: [1, 1, 1], seen: [2, 2, 9] }]

  it('stand beside those of the echo, which foresees nothing', () => {
    expect(delayTable(sdk, echo)).toEqual([
      ['ms p50', 'Socket.IO echo', 'SDK', '×'],
      ["until the client's own view", '–', '0.10', '–'],
      ['until acknowledged', '0.50', '1.0', '2.0'],
      ["until the other client's view", '1.0', '2.0', '2.0'],
    ])
  })

  it('are divided round by round', () => {
    const findings = delayFindings([...sdk, ...sdk], [...echo, { ...echo[0]!, acked: [0.25] }])
    expect(findings.map(({ range }) => range)).toEqual([
      [2, 4],
      [2, 2],
      [0.1, 0.1],
    ])
  })
})
