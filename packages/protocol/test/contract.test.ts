import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { contractDocument, contractText } from '../src/index.js'

const committed = readFileSync(new URL('../contract.json', import.meta.url), 'utf8')

test('contract.json is up to date; if not, run `pnpm generate`', () => {
  // One comparison of the whole, because a difference of half a megabyte helps nobody.
  expect(committed === contractText()).toBe(true)
  expect(JSON.parse(committed)).toEqual(contractDocument())
})

test('the text is the same each time and ends in a newline', () => {
  expect(contractText() === contractText()).toBe(true)
  expect(contractText().endsWith('}\n')).toBe(true)
})

test('it is JSON Schema: no type that JSON lacks', () => {
  expect(committed).not.toContain('"undefined"')
})

test('both namespaces carry the commands, each its own events', () => {
  const { '/': root, '/graph': graph } = contractDocument().namespaces
  expect(Object.keys(graph.client_to_server)).toEqual([
    'ping',
    'execute_command',
    'preview_command',
    'undo_command',
    'redo_command',
    'update_presence',
  ])
  expect(Object.keys(root.client_to_server)).toEqual(
    expect.arrayContaining([...Object.keys(graph.client_to_server), 'join_session']),
  )
})
