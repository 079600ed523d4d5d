import { deepEqual } from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { rest, type Rest } from '@talus/client'
import { startTestServer, type TestServer, type TestServerOptions } from '@talus/server/testing'
import axe, { type AxeResults } from 'axe-core'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import { HANGS_AFTER_MS, launchChromium } from '../../../packages/client/test/browser/chromium.js'

/** What the tests need of a server. */
type StageServer = Pick<TestServer, 'url' | 'createSession' | 'close'>

/** The server in memory; with TALUS_TEST_STORE on PostgreSQL, with `nodes` two of them. */
async function serverOf(options: TestServerOptions): Promise<StageServer> {
  if (process.env['TALUS_TEST_STORE'] === undefined) return startTestServer(options)
  const { storedServer } = await import('./stored-server.js')
  return storedServer(options)
}

/** Somebody with a browser of their own, and everything about their page that should not be. */
export type Visitor = { page: Page; troubles: string[] }

type VisitOptions = BrowserContextOptions & {
  name?: string
  /** Where people sign in. */
  token?: string
  /** The server, or a network before it. */
  url?: string
}

/** The real server with the studio as it was built, and Chromium. */
export class Stage {
  #server: StageServer | undefined
  #browser: Browser | undefined
  readonly #settings: TestServerOptions

  constructor(settings: TestServerOptions = {}) {
    this.#settings = settings
  }

  /** Stands from before the first test of the suite that this is called in until after the last. */
  set(): this {
    beforeAll(async () => {
      this.#browser = await launchChromium()
      this.#server = await serverOf(this.#settings)
    })
    afterAll(async () => {
      await this.#browser?.close()
      await this.#server?.close()
    })
    return this
  }

  get server(): StageServer {
    if (!this.#server) throw new Error('It is there from beforeAll to afterAll')
    return this.#server
  }

  get url(): string {
    return this.server.url
  }

  get api(): Rest {
    return rest(this.url, { actor: 'test' })
  }

  /** A browser of its own, whose page is empty yet. */
  async visitor({
    name = 'Ada Novak',
    token,
    url,
    ...options
  }: VisitOptions = {}): Promise<Visitor> {
    const context = await this.#browser?.newContext({
      viewport: { width: 1280, height: 800 },
      ...options,
    })
    if (!context) throw new Error('It is there from beforeAll to afterAll')
    const person = JSON.stringify({ id: name.toLowerCase().replaceAll(' ', '-'), name })
    await context.addInitScript((kept) => {
      // An empty page has no storage.
      if (location.host !== '' && localStorage.getItem('talus-studio-person') === null) {
        localStorage.setItem('talus-studio-person', kept)
      }
    }, person)
    if (token !== undefined) {
      await context.addInitScript((kept) => {
        if (location.host !== '') sessionStorage.setItem('talus-studio-token', kept)
      }, JSON.stringify(token))
    }
    const page = await context.newPage()
    page.setDefaultTimeout(HANGS_AFTER_MS)
    const troubles: string[] = []
    page.on('pageerror', (error) => troubles.push(error.message))
    // Chromium tells of every violation of the policy here, and of what could not be loaded.
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) troubles.push(message.text())
    })
    onTestFinished(async () => {
      await context.close()
      // The policy of the page holds, and nothing throws, whatever was done.
      const expected =
        url === undefined ? /status of 40[0134]/ : /net::ERR_|WebSocket|status of 40[0134]/
      deepEqual(
        troubles.filter((trouble) => !expected.test(trouble)),
        [],
      )
    })
    return { page, troubles }
  }

  /** The same in a session. */
  async inSession(session_id: string, options?: VisitOptions): Promise<Visitor> {
    const visitor = await this.visitor(options)
    await visitor.page.goto(`${options?.url ?? this.url}/#/s/${session_id}`)
    await visitor.page.locator('.standing.live').waitFor()
    return visitor
  }

  /** A film with a scene and two shots. */
  async film(token?: string): Promise<{ session_id: string; root: string; scene: string }> {
    const { session_id, root_id } = await this.server.createSession({
      template: 'film-production',
      name: 'Night Train',
      ...(token !== undefined && { token }),
    })
    const root = root_id ?? ''
    const api = token === undefined ? this.api : rest(this.url, { token })
    const add = async (blueprint_type_id: string, name: string, parent_id: string) => {
      const data = { blueprint_type_id, name, parent_id, node_id: name }
      await api.executeCommand({ session_id, command_type: 'CreateNode', data })
      return name
    }
    const scene = await add('scene', 'Opening', root)
    await add('shot', 'Wide', scene)
    await add('shot', 'Close', scene)
    await add('scene', 'Finale', root)
    return { session_id, root, scene }
  }
}

/** The row of a node. */
export const row = (page: Page, name: string) => page.getByRole('treeitem', { name })

/** The names of all rows in the page, from top to bottom, as far in as they stand. */
export function outline(page: Page): Promise<string[]> {
  return page.locator('.tree-row').evaluateAll((rows) =>
    rows
      .map((one) => ({
        top: one.getBoundingClientRect().top,
        level: Number(one.getAttribute('aria-level')),
        name: one.querySelector('.node-name')?.textContent ?? '',
      }))
      .toSorted((a, b) => a.top - b.top)
      .map(({ level, name }) => '  '.repeat(level - 1) + name),
  )
}

/** What axe finds that keeps people out; it is run past the policy, by the debugger. */
export async function barriers(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate(
    () =>
      (globalThis as unknown as { axe: typeof axe }).axe.run({
        resultTypes: ['violations'],
      }) as Promise<AxeResults>,
  )
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`))
}

/** The secret of servers that want to know who people are. */
export const SECRET = 'a secret of at least thirty-two characters'

/** A token as an issuer would sign it; `seconds`: how long it lasts. */
export function tokenOf(sub: string, name: string, seconds = 3_600): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const exp = Math.floor(Date.now() / 1_000) + seconds
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub, name, exp })}`
  return `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`
}
