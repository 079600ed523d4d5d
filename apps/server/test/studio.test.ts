import { readdirSync } from 'node:fs'
import { request, type IncomingHttpHeaders } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testApp, type TestApp } from './harness.js'
import { SECRET } from './tokens.js'

/** Put there by the build, from `@talus/studio`. */
const scripts = readdirSync(new URL('../dist/studio/studio/assets/', import.meta.url))

let app: TestApp

beforeAll(async () => {
  app = await testApp()
})

afterAll(() => app[Symbol.asyncDispose]())

type Answer = { statusCode: number | undefined; headers: IncomingHttpHeaders; body: string }

/** Sends a path and headers as they are; `fetch` would tidy them up. */
function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(app.url)
    const asked = request({ hostname, port, path, headers, method }, (response) => {
      const { statusCode, headers: given } = response
      text(response).then((body) => resolve({ statusCode, headers: given, body }), reject)
    })
    asked.on('error', reject).end()
  })
}

test('the page says what it may load, and may be kept as long as it is the same', async () => {
  const { statusCode, headers, body } = await get('/')
  expect(statusCode).toBe(200)
  expect(headers['content-type']).toBe('text/html; charset=utf-8')
  expect(headers['cache-control']).toBe('public, no-cache')
  const policy = String(headers['content-security-policy'])
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("frame-ancestors 'none'")
  expect(policy).not.toContain('unsafe')
  // Nothing inline, and nothing that is not beside the page.
  expect(body.match(/<script[^>]*>[^<]|<style|\sstyle="|\son[a-z]+="/gi)).toBeNull()
  const loaded = [...body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address)
  expect(loaded.filter((address) => !/^(\.\/studio|docs)\//.test(address ?? ''))).toEqual([])
  const known = { 'if-none-match': String(headers['etag']) }
  expect((await get('/', known)).statusCode).toBe(304)
})

test('scripts and styles, which are named by what is in them, are kept for good', async () => {
  expect(scripts.length).toBeGreaterThan(3)
  const { statusCode, headers } = await get(`/studio/assets/${scripts[0]}`)
  expect(statusCode).toBe(200)
  expect(headers['cache-control']).toBe('public, max-age=31536000, immutable')
  expect((await get('/studio/theme.js')).headers['cache-control']).toBe('public, no-cache')
})

test('nothing but GET and HEAD is taken, and nothing else of the folder is given', async () => {
  for (const method of ['POST', 'PUT', 'DELETE']) {
    const { statusCode } = await get('/', {}, method)
    expect([method, statusCode]).toEqual([method, 404])
  }
  for (const path of ['/studio/../index.html', '/studio/..%2findex.html', '/studio/nowhere.js']) {
    expect([400, 404]).toContain((await get(path)).statusCode)
  }
})

test('[DOOR1] [DOOR2] whom the perimeter refuses gets no page', async () => {
  for (const path of ['/', `/studio/assets/${scripts[0]}`]) {
    expect((await get(path, { host: 'elsewhere.example' })).statusCode).toBe(403)
    expect((await get(path, { origin: 'https://elsewhere.example' })).statusCode).toBe(403)
  }
})

test('below the path of a proxy, the page is found with and without a slash', async () => {
  await using below = await testApp({ args: ['--base-path', '/talus'] })
  const bare = await fetch(`${below.url}/talus`, { redirect: 'manual' })
  expect([bare.status, bare.headers.get('location')]).toEqual([301, 'talus/'])
  const page = await fetch(`${below.url}/talus`)
  expect(page.url).toBe(`${below.url}/talus/`)
  const [, script = ''] = /src="(\.\/studio\/assets\/[^"]+)"/.exec(await page.text()) ?? []
  expect((await fetch(new URL(script, page.url))).status).toBe(200)
})

describe('whoever opens it', () => {
  test('need not prove anything: it holds nothing of any session', async () => {
    await using guarded = await testApp({ args: ['--jwt-secret', SECRET] })
    const { status, headers } = await fetch(`${guarded.url}/`)
    expect([status, headers.get('set-cookie')]).toEqual([200, null])
  })

  test.each([[['--studio', 'off']], [['--no-studio']]])('finds nothing with %j', async (args) => {
    await using silent = await testApp({ args })
    expect(silent.hasStudio).toBe(false)
    for (const path of ['/', '/studio/', '/studio/theme.js']) {
      const answer = await fetch(silent.url + path)
      expect([answer.status, await answer.json()]).toMatchObject([
        404,
        { error: { code: 'NOT_FOUND' } },
      ])
    }
    expect((await fetch(`${silent.url}/docs/`)).status).toBe(200)
  })
})
