import { deepEqual } from 'node:assert/strict'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { eventually } from '../eventually.js'
import { TestServer } from '../server.js'
import { isWithoutBrowser, launchChromium } from './chromium.js'
import { bundlePage, PageServer } from './page-server.js'
import { watchTroubles } from './troubles.js'

let pages: PageServer
let server: TestServer
let browser: Browser

declare const rendered: Record<string, number>

/** A tab with the page of strict.tsx, and what it sends. */
class StrictTab {
  readonly page: Page
  readonly #sent: string[] = []

  private constructor(page: Page) {
    this.page = page
    const troubles: string[] = []
    watchTroubles(page, troubles)
    onTestFinished(() => deepEqual(troubles, []))
    page.on('websocket', (socket) =>
      socket.on('framesent', ({ payload }) => this.#sent.push(String(payload))),
    )
  }

  static async open(actor: string, session: string): Promise<StrictTab> {
    const context = await browser.newContext()
    onTestFinished(() => context.close())
    const tab = new StrictTab(await context.newPage())
    const query = new URLSearchParams({ server: server.url, actor, session })
    await tab.page.goto(`${pages.origin}/?${query}`)
    return tab
  }

  /** How often it has sent such a message. */
  sent(event: string): number {
    return this.#sent.filter((frame) => frame.includes(`["${event}"`)).length
  }

  says(text: string): Promise<void> {
    return this.page.getByText(text, { exact: true }).waitFor()
  }

  async add(name: string): Promise<void> {
    await this.page.getByLabel('New task').fill(name)
    await this.page.getByLabel('New task').press('Enter')
  }

  async shows(...names: string[]): Promise<void> {
    const inputs = this.page.locator('li input')
    const values = () =>
      inputs.evaluateAll((all) => all.map((input) => (input as HTMLInputElement).value))
    await eventually(async () => deepEqual(await values(), names))
  }

  rendered(): Promise<Record<string, number>> {
    return this.page.evaluate(() => ({ ...rendered }))
  }

  /** What is rendered because of something that ends with what the tab shows. */
  async rendersBy(work: () => Promise<void>): Promise<Record<string, number>> {
    const before = await this.rendered()
    await work()
    const after = Object.entries(await this.rendered())
    const counts = after.map(([name, times]) => [name, times - (before[name] ?? 0)] as const)
    return Object.fromEntries(counts.filter(([, times]) => times > 0))
  }
}

describe.skipIf(isWithoutBrowser())('a development build of React in strict mode', () => {
  beforeAll(async () => {
    pages = await PageServer.start({ '/': (await bundlePage('strict.tsx', 'development')).script })
    server = await TestServer.start('--cors-origins', pages.origin)
    browser = await launchChromium()
  })

  afterAll(async () => {
    await browser?.close()
    await server?.[Symbol.asyncDispose]()
    await pages?.[Symbol.asyncDispose]()
  })

  test('joins once, renders what differs, sends each edit once, and leaves once', async () => {
    const ada = await StrictTab.open('ada', 'strict')
    await ada.says('live, 1 here')
    const bob = await StrictTab.open('bob', 'strict')
    for (const tab of [ada, bob]) {
      await tab.says('live, 2 here')
      expect([tab.sent('join_session'), tab.sent('leave_session')]).toEqual([1, 0])
    }
    await ada.add('shoot')
    await ada.add('cut')
    await bob.shows('shoot', 'cut')
    expect(ada.sent('execute_command')).toBe(2)

    // In strict mode a rendering is two calls.
    const byRename = await ada.rendersBy(async () => {
      await bob.page.locator('li input').nth(1).fill('recut')
      await ada.shows('shoot', 'recut')
    })
    expect(byRename).toEqual({ 'task cut': 2 })
    const byAdding = await ada.rendersBy(async () => {
      await bob.add('mix')
      await ada.shows('shoot', 'recut', 'mix')
    })
    expect(byAdding).toMatchObject({ list: 2, 'task mix': 2 })
    expect(byAdding).not.toHaveProperty('presence')

    await ada.page.locator('li input').nth(0).press('End')
    await ada.page.locator('li input').nth(0).pressSequentially('ing')
    await bob.shows('shooting', 'recut', 'mix')
    expect(ada.sent('execute_command')).toBe(5)

    await ada.page.getByText('Leave').click()
    await bob.says('live, 1 here')
    expect([ada.sent('join_session'), ada.sent('leave_session')]).toEqual([1, 1])
    await ada.page.getByText('Enter').click()
    await ada.shows('shooting', 'recut', 'mix')
    await bob.says('live, 2 here')
    expect([ada.sent('join_session'), ada.sent('leave_session')]).toEqual([2, 1])
  })
})
