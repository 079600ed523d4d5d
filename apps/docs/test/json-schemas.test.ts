import { CLIENT_EVENTS, COMMANDS, GRAPH_EVENTS, ROOT_EVENTS, ROUTES } from '@talus/protocol'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { faults, schemas, validator } from './spec-files.js'

const paths = [...schemas.keys()]
const examples = [...schemas].flatMap(([path, { examples: list = [] }]) =>
  list.map((example) => ({ path, example })),
)

test.each(paths)('%s is JSON Schema 2020-12', (path) => {
  expect(new Ajv2020().validateSchema(schemas.get(path) ?? {})).toBe(true)
  expect(validator(path)).toBeTypeOf('function')
})

test.each(examples)('$path: its example is valid', ({ path, example }) => {
  expect(faults(path, example)).toEqual([])
})

const folderOf = (path: string) => path.split('/')[1]

test('every message has an example', () => {
  const without = paths.filter((path) => !schemas.get(path)?.examples?.length)
  expect([...new Set(without.map(folderOf))]).toEqual(['model'])
})

test('every type has one file', () => {
  const titles = [...schemas].filter(([path]) => folderOf(path) !== 'graph').map(([, s]) => s.title)
  expect(titles.toSorted()).toEqual([...new Set(titles)].toSorted())
})

const inFolder = (folder: string) => paths.filter((path) => folderOf(path) === folder)
const carrying = (events: Record<string, { example: unknown }>) =>
  Object.values(events).filter(({ example }) => example !== undefined)

describe('nothing is left out', () => {
  test.each([
    // Each of these folders also holds the handshake and its refusal.
    ['root', carrying(ROOT_EVENTS).length + 2],
    ['graph', carrying(GRAPH_EVENTS).length + 3],
    ['client', carrying(CLIENT_EVENTS).length * 2],
    ['command', Object.keys(COMMANDS).length * 2],
    [
      'rest',
      Object.values<{ body?: object }>(ROUTES as never).flatMap(({ body }) =>
        body === undefined ? [1] : [1, 2],
      ).length,
    ],
  ])('%s', (folder, count) => {
    expect(inFolder(folder)).toHaveLength(count)
  })
})

test.each([
  ['schemas/client/execute_command.json', { command_type: 'DeleteNode' }, 'data'],
  ['schemas/client/join_session.json', { session_id: 's', sesion: 1 }, 'additional'],
  ['schemas/root/node-created.json', { event: 'node-deleted' }, 'node'],
])('%s refuses what does not fit', (path, value, word) => {
  expect(faults(path, value).join()).toContain(word)
})
