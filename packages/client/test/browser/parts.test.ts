import { deepEqual, equal } from 'node:assert/strict'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { rest } from '../../src/index.js'
import { eventually } from '../eventually.js'
import { Network } from '../network.js'
import { TestServer } from '../server.js'
import type { Bare } from './bare.js'
import { BareTab } from './bare-tab.js'
import { isWithoutBrowser } from './chromium.js'
import { Computers } from './computers.js'
import { PageServer, splitPage } from './page-server.js'

declare const bare: Bare

let pages: PageServer
let server: TestServer
let computers: Computers

/** Keeps the page and its parts, and has nothing to do with what is asked of the server. */
const WORKER = `
  addEventListener('install', () => skipWaiting())
  addEventListener('activate', (event) => event.waitUntil(clients.claim()))
  addEventListener('fetch', (event) => {
    if (new URL(event.request.url).origin !== location.origin) return
    event.respondWith(caches.open('page').then(async (cache) => {
      const answer = await fetch(event.request).catch(() => cache.match(event.request))
      if (answer?.url) await cache.put(event.request, answer.clone())
      return answer ?? Response.error()
    }))
  })
`

/** How Chromium itself says that a file is not there, or is a page. No page can prevent it. */
const NOT_THERE = /^Failed to load (module script|resource): /

describe.skipIf(isWithoutBrowser())('parts of the SDK that are loaded on demand', () => {
  beforeAll(async () => {
    const split = await splitPage('bare.ts')
    split.first.set('/worker.js', WORKER)
    pages = await PageServer.start({ '/': split.script }, split)
    server = await TestServer.start('--cors-origins', pages.origin)
    computers = await Computers.start()
  })

  afterAll(async () => {
    await computers?.[Symbol.asyncDispose]()
    await server?.[Symbol.asyncDispose]()
    await pages?.[Symbol.asyncDispose]()
  })

  /** A page of which these parts are missing when it is opened. */
  async function open(session: string, url: string, how: PageServer['parts']): Promise<BareTab> {
    const computer = await computers.computer()
    onTestFinished(() => computer.close())
    pages.parts = how
    const query = new URLSearchParams({ server: url, actor: 'ada', token: 't', session })
    const tab = await BareTab.open(computer, `${pages.origin}/?${query}`)
    onTestFinished(() => {
      pages.parts = 'there'
      pages.isWithheld = () => true
      deepEqual(
        tab.troubles.filter((text) => !NOT_THERE.test(text)),
        [],
      )
    })
    await tab.joined()
    return tab
  }

  test.each([
    ['all', 'cut', () => true],
    ['all', 'replaced', () => true],
    ['all but the planner', 'cut', (text: string) => !text.includes('Blueprint')],
  ] as const)(
    'a client of whose parts %s are %s works in memory, tells it once, and has them with the next connection',
    async (which, how, isWithheld) => {
      await using network = await Network.to(server.url)
      const session = `parts-${which}-${how}`.replaceAll(' ', '-')
      pages.isWithheld = isWithheld
      const tab = await open(session, network.url, how)
      await tab.add('one', 'two')
      await tab.stands('live')
      await tab.shows(['one', 'two'])
      // Another connection, on which they are not there either.
      network.reset()
      await tab.add('three')
      await tab.shows(['one', 'two', 'three'])
      await tab.stands('live')
      const told = await tab.read((bare) => bare.errors.filter((each) => each.startsWith('STORE')))
      expect(told).toEqual([
        'STORE_FAILED: Commands are kept in memory only: the store does not work (it could not be loaded)',
      ])
      const late = await tab.read((bare) =>
        bare.errors.filter((each) => each.includes('confirmed')),
      )
      const unforeseen =
        'UNREACHABLE: Commands show when they are confirmed: a part of the client could not be loaded'
      expect(late).toEqual(which === 'all' ? [unforeseen] : [])

      pages.parts = 'there'
      network.reset()
      await tab.hasStoredGraphWith('three')
      await tab.stands('live')
      network.cut()
      await eventually(async () => {
        equal(await tab.read((bare) => bare.session?.status), 'offline')
      })
      // What is foreseen shows, and what is called is stored.
      await tab.add('four')
      expect(await tab.read((bare) => bare.names)).toEqual(['one', 'two', 'three', 'four'])
      await eventually(async () => deepEqual(await tab.stored(), ['four']))
      network.mend()
      await tab.stands('live')
      const { nodes } = await rest(server.url).getGraph({ session_id: session })
      expect(nodes.map(({ name }) => name)).toEqual(['one', 'two', 'three', 'four'])
    },
  )

  test('parts that do not come hold up nothing, and are used when they come', async () => {
    await using network = await Network.to(server.url)
    const tab = await open('parts-silent', network.url, 'silent')
    await tab.add('one')
    await tab.stands('live')
    await tab.shows(['one'])
    pages.parts = 'there'
    // Chromium asks again for what was cut off before anything came.
    pages.cutSilent()
    await tab.hasStoredGraphWith('one')
    network.cut()
    await eventually(async () => {
      equal(await tab.read((bare) => bare.session?.status), 'offline')
    })
    await tab.add('two')
    expect(await tab.read((bare) => bare.names)).toEqual(['one', 'two'])
  })

  test('a service worker keeps the page and its parts: a reload without any network shows the last graph', async () => {
    await using network = await Network.to(server.url)
    const session = 'parts-kept'
    const tab = await open(session, network.url, 'there')
    await tab.page.evaluate(async () => {
      await navigator.serviceWorker.register('/worker.js')
      await navigator.serviceWorker.ready
    })
    await tab.reload()
    await tab.joined()
    expect(await tab.page.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(true)
    await tab.add('one')
    await tab.stands('live')
    await tab.hasStoredGraphWith('one')
    pages.isDown = true
    onTestFinished(() => {
      pages.isDown = false
    })
    network.cut()
    await tab.reload()
    await tab.joined()
    await tab.add('two')
    expect(await tab.read((bare) => bare.names)).toEqual(['one', 'two'])
    await eventually(async () => deepEqual(await tab.stored(), ['two']))
    network.mend()
    await tab.stands('live')
  })

  test('what REST answers is never what the browser has kept', async () => {
    const session = 'parts-rest'
    const tab = await open(session, server.url, 'there')
    const asked = () =>
      tab.page.evaluate(async (session_id) => {
        const { nodes, seq } = await bare.client.rest.getGraph({ session_id })
        const { entries } = await bare.client.rest.getChanges({ session_id, after_seq: 0 })
        const state = await bare.client.rest.getSession({ session_id })
        return [nodes.length, seq, entries.length, state.seq]
      }, session)
    expect(await asked()).toEqual([0, 0, 0, 0])
    for (const count of [1, 2]) {
      const data = { blueprint_type_id: 'task' }
      await rest(server.url).executeCommand({
        session_id: session,
        command_type: 'CreateNode',
        data,
      })
      expect(await asked()).toEqual([count, count, count, count])
      expect(await asked()).toEqual([count, count, count, count])
    }
  })

  test('a store that an application names is loaded when it is used next', async () => {
    const tab = await open('parts-named', server.url, 'cut')
    const adopt = () =>
      tab.page.evaluate(() => bare.store.adopt('scope').catch((error: Error) => error.name))
    await tab.page.evaluate(() =>
      bare.store.watch?.(
        () => {},
        async () => {},
      ),
    )
    expect(await adopt()).toBe('TypeError')
    pages.parts = 'there'
    expect(await adopt()).toEqual([])
  })
})
