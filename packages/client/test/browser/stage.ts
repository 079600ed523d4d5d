import { deepEqual } from 'node:assert/strict'
import { afterAll, beforeAll, onTestFinished, type TestContext } from 'vitest'
import { rest } from '../../src/index.js'
import { TestServer } from '../server.js'
import { BareTab } from './bare-tab.js'
import { Computers, type Computer } from './computers.js'
import { bundlePage, PageServer } from './page-server.js'

type Place = {
  session: string
  actor?: string
  /** The server, or a network before it. */
  url?: string
}

/** A server, a browser, and the page of bare.ts: for all tests of a file. */
export class Stage {
  #pages: PageServer | undefined
  #server: TestServer | undefined
  #computers: Computers | undefined

  /** Stands from before the first test of the suite that this is called in until after the last. */
  set(): void {
    beforeAll(async () => {
      this.#pages = await PageServer.start({ '/': (await bundlePage('bare.ts')).script })
      this.#server = await TestServer.start('--cors-origins', this.#pages.origin)
      this.#computers = await Computers.start()
    })
    afterAll(async () => {
      await this.#computers?.[Symbol.asyncDispose]()
      await this.#server?.[Symbol.asyncDispose]()
      await this.#pages?.[Symbol.asyncDispose]()
    })
  }

  get origin(): string {
    return this.#pages?.origin ?? ''
  }

  get url(): string {
    return this.#server?.url ?? ''
  }

  /** A computer until the end of the test. */
  async computer(onEnd: TestContext['onTestFinished'] = onTestFinished): Promise<Computer> {
    const computer = await this.#computers?.computer()
    if (!computer) throw new Error('The browser is not there yet')
    onEnd(() => computer.close())
    return computer
  }

  /** Opens a tab that is in the session when this resolves. */
  async tab(
    computer: Computer,
    { session, actor = 'ada', url = this.url }: Place,
  ): Promise<BareTab> {
    const query = new URLSearchParams({ server: url, actor, session })
    const tab = await BareTab.open(computer, `${this.origin}/?${query}`)
    onTestFinished(() => deepEqual(tab.troubles, []))
    await tab.joined()
    return tab
  }

  /** The ids of what was executed, in the order of the server. */
  async executed(session_id: string): Promise<string[]> {
    const { entries } = await rest(this.url).getChanges({ session_id, limit: 1_000 })
    return entries.map(({ command_id }) => command_id)
  }
}
