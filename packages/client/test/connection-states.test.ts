import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { STATES, type StateName } from '../src/connection-states.js'

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const NAMES = Object.keys(STATES) as StateName[]

/** What the README says once for all of them. */
const EVERYWHERE = new Set(['closed', 'unwanted', 'hidden'])

/** The rows of the table of states, without its head. */
function rows(): Map<string, string[]> {
  const [, table = ''] = README.split(/\| state +\|/)
  const lines = table.split('\n\n')[0]?.split('\n').slice(2) ?? []
  return new Map(
    lines.map((line) => {
      const [state = '', ...cells] = line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim())
      return [state.replaceAll('`', ''), cells]
    }),
  )
}

function drawn(): string[] {
  const [, diagram = ''] = README.split('stateDiagram-v2\n')
  const lines = diagram.split('```')[0]?.trim().split('\n') ?? []
  return lines.map((line) => line.trim()).filter((line) => !line.startsWith('[*]'))
}

describe('the README draws the machine of states', () => {
  test('every arrow, and no other', () => {
    const arrows = NAMES.flatMap((state) =>
      Object.entries(STATES[state].on)
        .filter(([what]) => !EVERYWHERE.has(what))
        .map(([what, next]) => `${state} --> ${next}: ${what}`),
    )
    expect(drawn().sort()).toEqual(arrows.sort())
  })

  test.each(NAMES)('%s: what it waits for, for how long, and what is told', (state) => {
    const [waits, limit = '', told] = rows().get(state) ?? []
    expect([waits, told]).not.toContain('')
    expect(waits).toBeDefined()
    const words = { answer: 'ackTimeoutMs', probe: 'ackTimeoutMs', pause: 'reconnect' }
    const expected = STATES[state].limit
    expect(limit).toContain(expected === undefined ? 'no limit' : words[expected])
    expect(told?.includes('`offline`;') || told === '`offline`').toBe(
      STATES[state].isOffline ?? false,
    )
  })

  test('and no state that there is not', () => {
    expect([...rows().keys()]).toEqual(NAMES)
  })
})

describe('no state is without a way out', () => {
  test.each(NAMES.filter((state) => state !== 'closed'))('%s can be closed', (state) => {
    expect(STATES[state].on.closed).toBe('closed')
  })

  test.each(NAMES.filter((state) => STATES[state].limit))('%s ends by itself', (state) => {
    const { on } = STATES[state]
    expect(on.failed ?? on.lost ?? on.due).toBeDefined()
  })

  test.each(NAMES.filter((state) => !['idle', 'refused', 'closed'].includes(state)))(
    'everything that begins in %s can come to be live',
    (state) => {
      const reached = new Set<StateName>([state])
      for (const one of reached) for (const next of Object.values(STATES[one].on)) reached.add(next)
      expect(reached).toContain('live')
    },
  )
})
