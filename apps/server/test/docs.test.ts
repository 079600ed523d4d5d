import { readdirSync } from 'node:fs'
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testApp, type TestApp } from './harness.js'
import { bearer, SECRET } from './tokens.js'

/** Put there by the build, from `@talus/docs`. */
const [assets = ''] = readdirSync(new URL('../dist/docs/assets/', import.meta.url))

let app: TestApp

beforeAll(async () => {
  app = await testApp()
})

afterAll(() => app[Symbol.asyncDispose]())

const get = (path: string, options: RequestInit = {}) =>
  fetch(app.url + path, { redirect: 'manual', ...options })

/** Sends a path as it is; `fetch` would tidy it up. */
function statusOf(path: string, headers: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(app.url)
    const asked = request({ hostname, port, path, headers }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    asked.on('error', reject).end()
  })
}

test.each([
  ['/docs', 'docs/', '/docs/'],
  ['/docs/reference', '/docs/reference/', '/docs/reference/'],
])('%s leads to the page itself', async (path, location, place) => {
  const { status, headers } = await get(path)
  expect(status).toBe(301)
  expect(headers.get('location')).toBe(location)
  expect(new URL(headers.get('location') ?? '', app.url + path).pathname).toBe(place)
})

test('a page says what it may load, and may be kept as long as it is the same', async () => {
  const { status, headers } = await get('/docs/reference/rules/')
  expect(status).toBe(200)
  expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(headers.get('cache-control')).toBe('public, no-cache')
  expect(headers.get('x-content-type-options')).toBe('nosniff')
  const policy = headers.get('content-security-policy')?.split(';') ?? []
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("script-src 'self'")
  expect(policy).toContain("frame-ancestors 'none'")
  expect(policy.join()).not.toContain('unsafe')
  // `fetch` would say `cache-control: no-cache` of its own accord.
  const known = { 'if-none-match': headers.get('etag') ?? '' }
  expect(await statusOf('/docs/reference/rules/', known)).toBe(304)
})

test('scripts and styles, which are named by what is in them, are kept for good', async () => {
  const { status, headers } = await get(`/docs/assets/${assets}/site.css`)
  expect([status, headers.get('content-type')]).toEqual([200, 'text/css; charset=utf-8'])
  expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
})

test('HEAD answers without a body, and nothing else is taken', async () => {
  const head = await get('/docs/', { method: 'HEAD' })
  expect([head.status, await head.text()]).toEqual([200, ''])
  for (const method of ['POST', 'PUT', 'DELETE']) {
    expect((await get('/docs/', { method })).status).toBe(404)
  }
})

test.each([
  '/docs/../package.json',
  '/docs/../../package.json',
  '/docs/%2e%2e/%2e%2e/package.json',
  '/docs/..%2f..%2fpackage.json',
  '/docs/..%5c..%5cpackage.json',
  '/docs/reference/../../../package.json',
  '/docs//etc/passwd',
  '/docs/%00',
  '/docs/.env',
])('%s leads nowhere', async (path) => {
  expect([400, 404]).toContain(await statusOf(path))
})

test('[DOOR1] [DOOR2] the doors are the same as everywhere', async () => {
  expect(await statusOf('/docs/', { host: 'elsewhere.example' })).toBe(403)
  expect(await statusOf('/docs/', { origin: 'https://elsewhere.example' })).toBe(403)
  expect(await statusOf('/docs/', { origin: app.url })).toBe(200)
})

test('what is not there is answered in the words of the API', async () => {
  const answer = await get('/docs/nowhere/')
  expect([answer.status, await answer.json()]).toMatchObject([
    404,
    { error: { code: 'NOT_FOUND' } },
  ])
})

describe('whoever reads', () => {
  test('need not prove anything, and a token changes nothing', async () => {
    await using guarded = await testApp({ args: ['--jwt-secret', SECRET] })
    const open = await fetch(`${guarded.url}/docs/`)
    const named = await fetch(`${guarded.url}/docs/`, { headers: await bearer('ann') })
    expect([open.status, await open.text()]).toEqual([200, await named.text()])
    expect(open.headers.get('set-cookie')).toBeNull()
  })

  test('is counted under one route', async () => {
    await get('/docs/reference/rules/')
    const metrics = await (await get('/metrics')).text()
    expect(metrics).toContain('route="/docs/*"')
    expect(metrics).not.toContain('/docs/reference')
  })

  test('finds nothing where the operator has turned it off', async () => {
    await using silent = await testApp({ args: ['--docs', 'off'] })
    expect(silent.hasDocs).toBe(false)
    for (const path of ['/docs', '/docs/', '/docs/reference/rules/']) {
      expect((await fetch(silent.url + path)).status).toBe(404)
    }
  })
})
