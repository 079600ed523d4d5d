import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import {
  ACCESS_TABLE,
  accessText,
  CLIENT_EVENTS,
  COMMANDS,
  ROUTES,
  VISITORS,
} from '../src/index.js'

const committed = readFileSync(new URL('../ACCESS.md', import.meta.url), 'utf8')

test('ACCESS.md is up to date; if not, run `pnpm generate`', () => {
  expect(committed === accessText()).toBe(true)
})

test('every route, event and command has a row, with an outcome for each visitor', () => {
  const named = (kind: string) =>
    new Set(
      ACCESS_TABLE.flatMap(({ subject: s }) => (s.kind === kind && 'name' in s ? s.name : [])),
    )
  expect(named('route')).toEqual(new Set(Object.keys(ROUTES)))
  expect(named('event')).toEqual(new Set(Object.keys(CLIENT_EVENTS)))
  expect(named('command')).toEqual(new Set(Object.keys(COMMANDS)))
  for (const { outcomes } of ACCESS_TABLE) {
    expect(Object.keys(outcomes)).toEqual(Object.keys(VISITORS))
  }
})

test('[AUTH2] nobody may do what is about a session or a person', () => {
  const open = ACCESS_TABLE.filter(({ outcomes }) => outcomes.nobody === 'allowed')
  expect(open.map(({ subject }) => 'name' in subject && subject.name)).toEqual([
    'GetHealth',
    'GetReady',
    'ListTemplates',
    'GetTemplateSchema',
  ])
})

test('[AUTH3] each role may do what the ones before it may', () => {
  for (const { outcomes } of ACCESS_TABLE) {
    const { viewer, commenter, editor, owner } = outcomes
    const allowed = [viewer, commenter, editor, owner].map((outcome) => outcome === 'allowed')
    expect(allowed).toEqual(allowed.toSorted((a, b) => Number(a) - Number(b)))
  }
})
