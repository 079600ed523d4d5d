import { deepEqual } from 'node:assert/strict'
import type { Browser, BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { rest } from '../../src/index.js'
import { Network } from '../network.js'
import { eventually } from '../eventually.js'
import { TestServer } from '../server.js'
import { isWithoutBrowser, launchChromium } from './chromium.js'
import { bundlePage, PageServer } from './page-server.js'
import { Tab } from './tab.js'

let pages: PageServer
let server: TestServer
let browser: Browser

/** One person at one computer: all tabs share what the browser stores, and nobody else does. */
class Person {
  readonly #url: string
  readonly #context: BrowserContext

  private constructor(url: string, context: BrowserContext) {
    this.#url = url
    this.#context = context
  }

  static async at(session: string, actor: string, url = server.url): Promise<Person> {
    const context = await browser.newContext()
    onTestFinished(() => context.close())
    const query = new URLSearchParams({ server: url, actor, session })
    return new Person(`${pages.origin}/?${query}`, context)
  }

  /** Opens a tab and waits until it is in the session. */
  async isIn(): Promise<Tab> {
    const tab = await Tab.open(this.#context, this.#url)
    onTestFinished(() => deepEqual(tab.troubles, []))
    await tab.stands('live, 0 pending')
    return tab
  }
}

/** The ids of what was executed, in the order of the server. */
async function executed(session_id: string): Promise<string[]> {
  const { entries } = await rest(server.url).getChanges({ session_id, limit: 1_000 })
  return entries.map(({ command_id }) => command_id)
}

test('the bundle of a page has nothing of Node in it, and needs nothing else', async () => {
  const { inputs, imports } = await bundlePage('app.tsx')
  expect(imports).toEqual([])
  expect(inputs).toContain('dist/index.js')
  // What esbuild leaves empty for browsers, and what they have themselves.
  const strangers =
    /^node:|\(disabled\)|dist\/node\/|node_modules\/(ws|xmlhttprequest-ssl|undici)\//
  expect(inputs.filter((path) => strangers.test(path))).toEqual([])
})

describe.skipIf(isWithoutBrowser())('in Chromium', () => {
  beforeAll(async () => {
    pages = await PageServer.start({ '/': (await bundlePage('app.tsx')).script })
    server = await TestServer.start('--cors-origins', pages.origin)
    browser = await launchChromium()
  })

  afterAll(async () => {
    await browser?.close()
    await server?.[Symbol.asyncDispose]()
    await pages?.[Symbol.asyncDispose]()
  })

  test('what is edited in one tab is seen in the other', async () => {
    const ada = await Person.at('seen', 'ada')
    const [one, other] = [await ada.isIn(), await ada.isIn()]
    await one.add('cut')
    await other.shows(['cut'])
    await other.rename('cut', 'recut')
    await one.shows(['recut'])
    await eventually(async () => expect(await executed('seen')).toEqual(['cut', 'recut']))
  })

  test('two that edit offline converge when they are back', async () => {
    const ada = await (await Person.at('offline', 'ada')).isIn()
    const bob = await (await Person.at('offline', 'bob')).isIn()
    await ada.add('shoot', 'cut')
    await bob.shows(['shoot', 'cut'])
    for (const tab of [ada, bob]) await tab.offline(true)
    await ada.rename('cut', 'cut-by-ada')
    await ada.add('mix-by-ada')
    await bob.rename('shoot', 'shoot-by-bob')
    await bob.rename('cut', 'cut-by-bob')
    await bob.add('mix-by-bob')
    // What is done offline shows at once, and nothing of it reaches the other.
    await ada.stands('offline, 2 pending')
    await bob.stands('offline, 3 pending')
    expect(await ada.names()).toEqual(['shoot', 'cut-by-ada', 'mix-by-ada'])
    expect(await bob.names()).toEqual(['shoot-by-bob', 'cut-by-bob', 'mix-by-bob'])
    for (const tab of [ada, bob]) await tab.offline(false)
    for (const tab of [ada, bob]) await tab.stands('live, 0 pending')

    const ids = await executed('offline')
    const of = (name: string) => ids.filter((id) => id.endsWith(name))
    expect(of('ada')).toEqual(['cut-by-ada', 'mix-by-ada'])
    expect(of('bob')).toEqual(['shoot-by-bob', 'cut-by-bob', 'mix-by-bob'])
    expect(ids).toHaveLength(7)
    const graph = await rest(server.url).getGraph({ session_id: 'offline' })
    const names = graph.nodes.map(({ name }) => name)
    // The last to rename wins.
    expect(names).toContain(ids.findLast((id) => id.startsWith('cut-by')))
    await ada.shows(names)
    await bob.shows(names)
  })

  test('[IDEM1] a reload with pending commands: executed or not, each happens once, in order', async () => {
    await using network = await Network.to(server.url)
    const tab = await (await Person.at('reload', 'ada', network.url)).isIn()
    await tab.add('answered')
    await tab.stands('live, 0 pending')
    network.stall(['far'])
    await tab.add('executed-1', 'executed-2')
    await eventually(async () => expect(await executed('reload')).toHaveLength(3))
    network.cut()
    await tab.stands('offline, 2 pending')
    await tab.add('unsent-1', 'unsent-2')
    await tab.reload()
    // Still without a connection: what was there is shown, and what was not sent is not lost.
    await tab.stands('offline, 4 pending')
    const all = ['answered', 'executed-1', 'executed-2', 'unsent-1', 'unsent-2']
    expect(await tab.names()).toEqual(all)
    network.mend()
    await tab.stands('live, 0 pending')
    expect(await tab.names()).toEqual(all)
    expect(await executed('reload')).toEqual(all)
  })

  test('a tab that is closed with unsent commands loses none, also when it closes at once', async () => {
    const ada = await Person.at('closed', 'ada')
    const closed = await ada.isIn()
    await closed.offline(true)
    const names = Array.from({ length: 30 }, (_, n) => `task-${n}`)
    await closed.add(...names)
    await closed.close()
    expect(await executed('closed').catch(() => [])).toEqual([])
    const next = await ada.isIn()
    expect(await next.names()).toEqual(names)
    expect(await executed('closed')).toEqual(names)
    // Nothing is left for a third.
    await next.close()
    await (await ada.isIn()).shows(names)
    expect(await executed('closed')).toEqual(names)
  })

  test('what a living tab has not sent stays with it; what a closed one left has one heir', async () => {
    const ada = await Person.at('heirs', 'ada')
    const [living, closed] = [await ada.isIn(), await ada.isIn()]
    for (const tab of [living, closed]) await tab.offline(true)
    await living.add('of-the-living')
    await closed.add('left-1', 'left-2')
    await living.stands('offline, 1 pending')
    await closed.close()
    const heirs = await Promise.all([ada.isIn(), ada.isIn()])
    for (const tab of heirs) await tab.shows(['left-1', 'left-2'])
    await eventually(async () => expect(await executed('heirs')).toEqual(['left-1', 'left-2']))
    await living.stands('offline, 1 pending')
    await living.offline(false)
    for (const tab of [living, ...heirs]) await tab.shows(['left-1', 'left-2', 'of-the-living'])
    await living.stands('live, 0 pending')
    await eventually(async () =>
      expect(await executed('heirs')).toEqual(['left-1', 'left-2', 'of-the-living']),
    )
  })

  test('what a tab leaves is sent at once by one that is open and has a connection', async () => {
    const ada = await Person.at('heir-at-once', 'ada')
    const [open, offline, closed] = [await ada.isIn(), await ada.isIn(), await ada.isIn()]
    for (const tab of [offline, closed]) await tab.offline(true)
    await closed.add('left-1', 'left-2')
    await eventually(async () => expect(await closed.stored()).toEqual(['left-1', 'left-2']))
    await offline.stands('offline, 0 pending')
    await closed.close()
    await open.shows(['left-1', 'left-2'])
    await eventually(async () =>
      expect(await executed('heir-at-once')).toEqual(['left-1', 'left-2']),
    )
  })

  test('storage that the browser clears under a running page costs nothing', async () => {
    const ada = await Person.at('cleared', 'ada')
    const tab = await ada.isIn()
    await tab.offline(true)
    await tab.add('before')
    await tab.stands('offline, 1 pending')
    await tab.clearStorage()
    await tab.add('after')
    const all = new Set(['before', 'after'])
    await eventually(async () => expect(new Set(await tab.stored().catch(() => []))).toEqual(all))
    await tab.close()
    const next = await ada.isIn()
    await next.shows(['before', 'after'])
    await eventually(async () => expect(await executed('cleared')).toEqual(['before', 'after']))
  })

  test('a tab lets another one change the database, and has its commands in the new one', async () => {
    const ada = await Person.at('changed', 'ada')
    const [tab, other] = [await ada.isIn(), await ada.isIn()]
    await tab.offline(true)
    await tab.add('pending')
    await tab.stands('offline, 1 pending')
    expect(await other.deleteDatabase('talus')).toBe('deleted')
    expect(await other.deleteDatabase('talus-graphs')).toBe('deleted')
    await eventually(async () => expect(await tab.stored().catch(() => [])).toEqual(['pending']))
    await tab.offline(false)
    for (const each of [tab, other]) await each.shows(['pending'])
    await eventually(async () => expect(await executed('changed')).toEqual(['pending']))
  })
})
