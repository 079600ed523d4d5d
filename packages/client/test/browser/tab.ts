import { deepEqual } from 'node:assert/strict'
import type { BrowserContext, CDPSession, Page } from 'playwright-core'
import { eventually } from '../eventually.js'
import { HANGS_AFTER_MS } from './chromium.js'
import { storedCommands } from './stored.js'
import { watchTroubles } from './troubles.js'

/** A tab with the page of app.tsx, used the way people use it. */
export class Tab {
  /** Errors that nobody caught, and everything the console shows as an error or a warning. */
  readonly troubles: string[] = []
  readonly #page: Page
  readonly #devtools: CDPSession

  private constructor(page: Page, devtools: CDPSession) {
    this.#page = page
    this.#devtools = devtools
    watchTroubles(page, this.troubles)
  }

  static async open(context: BrowserContext, url: string): Promise<Tab> {
    const page = await context.newPage()
    page.setDefaultTimeout(HANGS_AFTER_MS)
    const tab = new Tab(page, await context.newCDPSession(page))
    await page.goto(url)
    return tab
  }

  async add(...names: string[]): Promise<void> {
    const input = this.#page.getByLabel('New tasks')
    await input.fill(names.join(' '))
    await input.press('Enter')
  }

  async rename(from: string, to: string): Promise<void> {
    const index = (await this.names()).indexOf(from)
    await this.#page.locator('li input').nth(index).fill(to)
  }

  names(): Promise<string[]> {
    return this.#page
      .locator('li input')
      .evaluateAll((inputs) => inputs.map((input) => (input as HTMLInputElement).value))
  }

  /** Waits until the page says how it stands, e.g. `live, 0 pending`. */
  stands(how: string): Promise<void> {
    return eventually(async () =>
      deepEqual(await this.#page.locator('output').allTextContents(), [how]),
    )
  }

  shows(names: readonly string[]): Promise<void> {
    return eventually(async () => deepEqual(await this.names(), names))
  }

  /**
   * Takes the network from this tab alone. Connections that are open fall silent rather than
   * break, as on a train; what they carry arrives late.
   */
  async offline(isOffline: boolean): Promise<void> {
    await this.#devtools.send('Network.emulateNetworkConditions', {
      offline: isOffline,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: -1,
    })
  }

  async reload(): Promise<void> {
    await this.#page.reload()
  }

  /** Removes what the browser stores of the origin, as it does when the disk is full. */
  async clearStorage(): Promise<void> {
    const { origin } = new URL(this.#page.url())
    await this.#devtools.send('Storage.clearDataForOrigin', { origin, storageTypes: 'indexeddb' })
  }

  /** The ids of the commands that IndexedDB holds. */
  stored(): Promise<string[]> {
    return storedCommands(this.#page)
  }

  /** What becomes of the wish to delete a database that other tabs have open. */
  deleteDatabase(name: string): Promise<string> {
    return this.#page.evaluate(
      (database) =>
        new Promise<string>((resolve) => {
          const deleting = indexedDB.deleteDatabase(database)
          deleting.onblocked = () => resolve('blocked')
          deleting.onsuccess = () => resolve('deleted')
        }),
      name,
    )
  }

  /** Closes the tab as people do: nothing of the page runs any more. */
  async close(): Promise<void> {
    await this.#page.close()
  }
}
