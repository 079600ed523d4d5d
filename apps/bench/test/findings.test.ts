import { describe, expect, it } from 'vitest'
import { findingLine, isMet, medianOf, ratioOf } from '../src/sizes/findings.js'
import { sizeReport } from '../src/sizes/size-report.js'

describe('medianOf', () => {
  it('keeps the spread of the rounds', () => {
    const finding = medianOf({ what: 'opening', unit: ' ms' }, [700, 640, 2_000])
    expect(finding).toEqual({ what: 'opening', unit: ' ms', value: 700, range: [640, 2_000] })
  })
})

describe('ratioOf', () => {
  it('divides the medians, and each round by the one beside it', () => {
    const finding = ratioOf({ what: 'long to short' }, [10, 30, 40], [10, 10, 20])
    expect(finding).toMatchObject({ unit: '×', value: 3, range: [1, 3] })
  })
})

describe('isMet', () => {
  it.each([
    [49, 50, true],
    [50, 50, true],
    [51, 50, false],
    [Number.NaN, 50, false],
  ])('%d against at most %d: %s', (value, bound, met) => {
    expect(isMet({ what: '', unit: '', value, bound })).toBe(met)
  })
})

describe('findingLine', () => {
  it('tells the goal, the spread and the outcome', () => {
    const finding = medianOf(
      { id: 'P9', what: 'opening', unit: ' ms', bound: 1_000 },
      [1_200, 1_100],
    )
    expect(findingLine(finding)).toBe(
      '- P9 opening: 1,150 ms (rounds 1,100–1,200), goal ≤ 1,000: missed',
    )
  })

  it('is short where there is neither goal nor spread', () => {
    expect(findingLine({ what: 'its JSON', value: 346.4, unit: ' bytes' })).toBe(
      '- its JSON: 346 bytes',
    )
  })
})

describe('sizeReport', () => {
  it('puts tables before findings, and leaves out what there is none of', () => {
    const disk = { title: 'Disk', tables: [], list: [{ what: 'a', value: 1, unit: '×' }] }
    const table = [
      ['work', 'ms'],
      ['import', '1,234'],
    ]
    const waits = { title: 'Waits', tables: [table], list: [] }
    expect(sizeReport([disk, waits])).toBe(
      [
        '## Disk',
        '- a: 1.0×',
        '## Waits',
        ['| work   |    ms |', '| ------ | ----: |', '| import | 1,234 |'].join('\n'),
      ].join('\n\n'),
    )
  })
})
