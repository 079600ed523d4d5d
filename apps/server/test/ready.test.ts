import { expect, test } from 'vitest'
import { StorageError } from '../src/errors.js'
import { createMemoryJournal } from '../src/journal/index.js'
import { quickApp } from './harness.js'

/** A real journal whose answers to `ping` are up to the test. */
function pinged() {
  const journal = createMemoryJournal()
  const state = { pings: 0, answer: (): Promise<void> => Promise.resolve() }
  const ping = () => {
    state.pings += 1
    return state.answer()
  }
  return { journal: { ...journal, ping }, state }
}

test('a journal that fails turns ready red, and health stays green', async () => {
  const { journal, state } = pinged()
  await using app = await quickApp({ journal })
  expect((await app.api('GET', '/ready')).body).toEqual({ status: 'ready' })
  state.answer = () => Promise.reject(new StorageError('The disk is gone'))
  const { status, body } = await app.api('GET', '/ready')
  expect([status, body.error]).toMatchObject([503, { code: 'STORAGE_UNAVAILABLE' }])
  expect((await app.api('GET', '/health')).status).toBe(200)
  state.answer = () => Promise.resolve()
  expect((await app.api('GET', '/ready')).status).toBe(200)
})

test('a journal that is silent turns ready red, and finds one question when it wakes', async () => {
  const { journal, state } = pinged()
  await using app = await quickApp({ journal })
  let wake = (): void => undefined
  state.answer = () =>
    new Promise((resolve) => {
      wake = resolve
    })
  const probes = await Promise.all([1, 2, 3].map(() => app.api('GET', '/ready')))
  expect(probes.map(({ status }) => status)).toEqual([503, 503, 503])
  expect((await app.api('GET', '/health')).status).toBe(200)
  expect(state.pings).toBe(1)
  wake()
  state.answer = () => Promise.resolve()
  expect((await app.api('GET', '/ready')).status).toBe(200)
})
