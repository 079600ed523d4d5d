import { deepEqual, equal, ok } from 'node:assert/strict'
import type { CDPSession, Page } from 'playwright-core'
import { eventually } from '../eventually.js'
import type { Bare } from './bare.js'
import type { Computer } from './computers.js'
import { stored, storedCommands } from './stored.js'
import { watchTroubles } from './troubles.js'

declare const bare: Bare

/** A tab with the page of bare.ts, and what browsers do to tabs. */
export class BareTab {
  /** Errors that nobody caught, and everything the console shows as an error or a warning. */
  readonly troubles: string[] = []
  readonly page: Page
  readonly #devtools: CDPSession
  readonly #url: string

  private constructor(page: Page, devtools: CDPSession, url: string) {
    this.page = page
    this.#devtools = devtools
    this.#url = url
    watchTroubles(page, this.troubles)
  }

  /** Opens the page; whether it has joined is to be waited for. */
  static async open(computer: Computer, url: string): Promise<BareTab> {
    const page = await computer.open()
    const tab = new BareTab(page, await page.context().newCDPSession(page), url)
    await page.goto(url, { waitUntil: 'commit' })
    return tab
  }

  /** Waits until the session stands so, and nothing is pending. */
  async stands(status: string): Promise<void> {
    await eventually(async () => {
      const now = await this.page.evaluate(() => [bare.session?.status, bare.session?.pending])
      deepEqual(now, [status, 0])
    })
  }

  /** Waits until the page has joined. */
  async joined(): Promise<void> {
    // Not `waitForFunction`, which looks when a page is drawn: hidden ones are not.
    await eventually(async () => {
      ok(await this.page.evaluate(() => typeof bare === 'object' && bare.session !== undefined))
    })
  }

  add(...names: string[]): Promise<void> {
    return this.page.evaluate((all) => all.forEach((name) => bare.add(name)), names)
  }

  act(commandId: string, seed: number): Promise<void> {
    return this.page.evaluate(([id, of]) => bare.act(id, of), [commandId, seed] as const)
  }

  async shows(names: readonly string[]): Promise<void> {
    await eventually(async () => deepEqual(await this.page.evaluate(() => bare.names), names))
  }

  async hasSeq(seq: number): Promise<void> {
    await eventually(async () => equal(await this.page.evaluate(() => bare.session?.seq), seq))
  }

  /** Reads something of the page. */
  read<What>(what: (bare: Bare) => What): Promise<What> {
    // As text: the page knows nothing of what is around the function.
    return this.page.evaluate(`(${String(what)})(bare)`) as Promise<What>
  }

  graph(): Promise<object[]> {
    return this.page.evaluate(() => bare.shown)
  }

  /** What is known of each command that was ever called at this browser, whoever called. */
  async outcomes(): Promise<Map<string, string[]>> {
    return new Map(await this.page.evaluate(() => [...bare.outcomes]))
  }

  /** Takes the network from this tab alone. Connections that are open fall silent. */
  async offline(isOffline: boolean): Promise<void> {
    await this.#devtools.send('Network.emulateNetworkConditions', {
      offline: isOffline,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: -1,
    })
  }

  /** Hides the page and has it stand still, as browsers do with tabs that nobody looks at. */
  async freeze(): Promise<void> {
    await this.#devtools.send('Emulation.setFocusEmulationEnabled', { enabled: false })
    await this.#devtools.send('Page.setWebLifecycleState', { state: 'frozen' })
  }

  /** Goes on, still hidden. */
  async thaw(): Promise<void> {
    await this.#devtools.send('Page.setWebLifecycleState', { state: 'active' })
  }

  /** Somebody looks at it again. */
  async show(): Promise<void> {
    // Without a screen no window comes to the front.
    await this.#devtools.send('Emulation.setFocusEmulationEnabled', { enabled: true })
  }

  async slowDown(times: number): Promise<void> {
    await this.#devtools.send('Emulation.setCPUThrottlingRate', { rate: times })
  }

  /** Goes to another page, as by a link. */
  async away(): Promise<void> {
    await this.page.goto(new URL('/elsewhere', this.#url).href)
  }

  /** Goes back from there. The page may be the same, or loaded anew. */
  async back(): Promise<void> {
    await this.page.goBack({ waitUntil: 'commit' })
    await this.joined()
  }

  async reload(): Promise<void> {
    await this.page.reload({ waitUntil: 'commit' })
  }

  /** Removes what the browser stores of the origin in IndexedDB, as it does when the disk is full. */
  async clearStorage(): Promise<void> {
    const { origin } = new URL(this.#url)
    await this.#devtools.send('Storage.clearDataForOrigin', { origin, storageTypes: 'indexeddb' })
  }

  /** The ids of the commands that IndexedDB holds. */
  stored(): Promise<string[]> {
    return storedCommands(this.page)
  }

  /** Waits until IndexedDB holds a graph in which this is named. */
  async hasStoredGraphWith(name: string): Promise<void> {
    await eventually(async () => {
      const texts = await stored(this.page, 'talus-graphs', 'records').catch(() => [])
      ok(JSON.stringify(texts).includes(name), `no graph with ${name} is stored`)
    })
  }

  deleteDatabase(name: string): Promise<string> {
    return this.page.evaluate(
      (database) =>
        new Promise<string>((resolve) => {
          const deleting = indexedDB.deleteDatabase(database)
          deleting.onblocked = () => resolve('blocked')
          deleting.onsuccess = () => resolve('deleted')
        }),
      name,
    )
  }

  async close(): Promise<void> {
    await this.page.close()
  }
}
