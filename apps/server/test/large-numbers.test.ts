import { ROUTES } from '@talus/protocol'
import { expect, test } from 'vitest'
import { quickApp } from './harness.js'

/** Read as a double, it is another number. */
const LOSSY = '9007199254740993'

type Query = { properties: Record<string, { type?: string }> }

/** Every number of every route's query. */
const NUMBERS = Object.entries(ROUTES).flatMap(([name, route]) => {
  const { properties } = 'query' in route ? (route.query as unknown as Query) : { properties: {} }
  return Object.entries(properties)
    .filter(([, { type }]) => type === 'integer' || type === 'number')
    .map(([field]) => [name, field, route.method, route.path] as const)
})

test('queries have numbers', () => {
  expect(NUMBERS.map(([, field]) => field)).toEqual(
    expect.arrayContaining(['at_seq', 'min_seq', 'after_seq', 'before_seq', 'from_seq', 'limit']),
  )
})

test.each(NUMBERS)('[NUM1] %s refuses a %s that would be another number', async (...asked) => {
  const [, field, method, path] = asked
  await using app = await quickApp()
  await app.api('POST', '/sessions', { session_id: 's' })
  const url = path.replace(/\{\w+\}/g, 's')
  const mistyped = ['0x10', '1e3', '%201', '', 'Infinity', '1_0']
  for (const text of [LOSSY, `-${LOSSY}`, `%2B${LOSSY}`, '1'.repeat(400), ...mistyped]) {
    const { status, body } = await app.api(method, `${url}?session_id=s&${field}=${text}`)
    expect([text, status, body]).toMatchObject([text, 400, { error: { code: 'BAD_REQUEST' } }])
  }
  const { body } = await app.api(method, `${url}?session_id=s&${field}=${LOSSY}`)
  expect(body).toMatchObject({
    error: { details: [{ path: `/${field}`, actual: LOSSY, hint: expect.any(String) }] },
  })
})
