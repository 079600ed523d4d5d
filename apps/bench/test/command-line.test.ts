import { expect, it } from 'vitest'
import { commandLine } from '../src/command-line.js'

it('takes every part unless some are named', () => {
  expect(commandLine(['--sizes']).parts.length).toBeGreaterThan(1)
  const { parts } = commandLine(['--', '--sizes', '--part', 'disk', '--part', 'memory'])
  expect(parts.map(({ name }) => name)).toEqual(['disk', 'memory'])
})

it('makes a shorter history when it has to be quick, and the one that was asked for always', () => {
  const { entries } = commandLine(['--sizes'])
  expect(commandLine(['--sizes', '--quick']).entries).toBeLessThan(entries)
  expect(commandLine(['--sizes', '--quick', '--entries', '1000000']).entries).toBe(1_000_000)
})

it.each([
  [['--part', 'nothing'], "No part 'nothing'"],
  [['--entries', '0'], '--entries 0'],
  [['--entries', 'many'], '--entries many'],
])('answers %j with the usage', (args, problem) => {
  expect(() => commandLine(args)).toThrow(problem)
  expect(() => commandLine(args)).toThrow('pnpm bench [options]')
})
