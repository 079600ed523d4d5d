import axe, { type AxeResults } from 'axe-core'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import {
  HANGS_AFTER_MS,
  launchChromium,
} from '../../../../packages/client/test/browser/chromium.js'
import { startServer, type LiveServer } from '../live-server.js'
import { siteOfTests } from './built-site.js'
import { serveFiles, type FileServer } from './file-server.js'

/** One page of every kind. */
export const KINDS = {
  landing: '',
  section: 'guides/',
  guide: 'guides/everything/',
  reference: 'reference/',
  protocol: 'reference/protocol/',
  connect: 'reference/connect/',
  flows: 'reference/flows/',
  rules: 'reference/rules/',
  access: 'reference/access/',
  history: 'reference/history/',
  downloads: 'reference/downloads/',
  group: 'reference/errors/',
  event: 'reference/events/node-created/',
  request: 'reference/requests/join_session/',
  command: 'reference/commands/CreateNode/',
  route: 'reference/routes/get-affordances/',
  error: 'reference/errors/STORAGE_UNAVAILABLE/',
  model: 'reference/models/Position/',
  function: 'reference/sdk/connect/',
  class: 'reference/sdk/Session/',
  type: 'reference/sdk/Rest-type/',
  hook: 'reference/sdk-react/useNode/',
}

export const WIDE = { width: 1280, height: 900 }
export const NARROW = { width: 360, height: 740 }

/** A tab, and everything about it that should not be. */
export type Tab = { page: Page; troubles: string[]; asked: string[] }

/** Chromium, with the site on a real server and on a plain file server in a folder. */
export type Stage = {
  server: LiveServer
  files: FileServer
  open: (options?: Parameters<Browser['newContext']>[0]) => Promise<Tab>
}

/** Set up before the tests of the suite that calls this, and taken down after them. */
export function stage(): Stage {
  const started: { browser?: Browser; server?: LiveServer; files?: FileServer } = {}
  beforeAll(async () => {
    started.browser = await launchChromium()
    started.files = await serveFiles(siteOfTests, '/somewhere/deep/below/')
    started.server = await startServer()
  })
  afterAll(async () => {
    await started.browser?.close()
    await started.files?.close()
    await started.server?.close()
  })
  return {
    get server() {
      return ready(started.server)
    },
    get files() {
      return ready(started.files)
    },
    async open(options = {}) {
      const context: BrowserContext = await ready(started.browser).newContext({
        viewport: WIDE,
        ...options,
      })
      onTestFinished(() => context.close())
      const page = await context.newPage()
      page.setDefaultTimeout(HANGS_AFTER_MS)
      const tab: Tab = { page, troubles: [], asked: [] }
      page.on('pageerror', (error) => tab.troubles.push(error.message))
      // Chromium tells of every violation of the policy here.
      page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())) tab.troubles.push(message.text())
      })
      page.on('request', (request) => tab.asked.push(request.url()))
      return tab
    },
  }
}

function ready<T>(part: T | undefined): T {
  if (part === undefined) throw new Error('It is there from beforeAll to afterAll')
  return part
}

/** Opens the search by its key; gives the titles of what it finds. */
export async function search(page: Page, query: string): Promise<string[]> {
  await page.keyboard.press('/')
  await page.locator('#site-search input').fill(query)
  await page.locator('.search-status', { hasText: /\d+ results?|Nothing/ }).waitFor()
  return page.locator('.search-results strong').allTextContents()
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

/** What axe finds on a page of each kind, and what is wider than the screen. */
export async function faultsOfKinds(page: Page, url: string): Promise<unknown[]> {
  const faults: unknown[] = []
  for (const path of Object.values(KINDS)) {
    await page.goto(url + path)
    const beyond = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    )
    const found = await barriers(page)
    if (beyond > 0 || found.length > 0) faults.push([path, beyond, found])
  }
  return faults
}

/** What axe finds while the search is open, and while the menu is. */
export async function faultsOfOverlays(page: Page, url: string): Promise<string[]> {
  await page.goto(url)
  await search(page, 'undo')
  const ofSearch = await barriers(page)
  await page.keyboard.press('Escape')
  const menu = page.locator('button.menu')
  if (await menu.isVisible()) await menu.click()
  return [...ofSearch, ...(await barriers(page))]
}
