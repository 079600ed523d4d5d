import { describe, expect, onTestFinished, test } from 'vitest'
import { rest } from '../../src/index.js'
import { eventually } from '../eventually.js'
import { Network } from '../network.js'
import { BareTab } from './bare-tab.js'
import { isWithoutBrowser } from './chromium.js'
import { bundlePage, PageServer } from './page-server.js'
import { Stage } from './stage.js'

const numbered = (name: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${name}-${index}`)

describe.skipIf(isWithoutBrowser())('what browsers do to pages', () => {
  const stage = new Stage()
  stage.set()

  async function network(): Promise<Network> {
    const made = await Network.to(stage.url)
    onTestFinished(() => made[Symbol.asyncDispose]())
    return made
  }

  test('a page out of the back-forward cache is the same page, and catches up', async () => {
    const session = 'back'
    const ada = await stage.tab(await stage.computer(), { session })
    const bob = await stage.tab(await stage.computer(), { session, actor: 'bob' })
    await ada.add('before')
    await ada.stands('live')
    const people = () => bob.read((bare) => bare.session?.participants.length)
    await eventually(async () => expect(await people()).toBe(2))
    await ada.away()
    // A connection would keep the page out of the cache, and nobody is there to be seen.
    await eventually(async () => expect(await people()).toBe(1))
    await bob.add('meanwhile')
    await bob.stands('live')
    await ada.back()
    expect(await ada.read((bare) => bare.restored)).toBe(1)
    await ada.shows(['before', 'meanwhile'])
    await ada.add('after')
    await bob.shows(['before', 'meanwhile', 'after'])
    await eventually(async () => expect(await people()).toBe(2))
    expect(await stage.executed(session)).toEqual(['before', 'meanwhile', 'after'])
  })

  test('[IDEM1] what was pending when the page went into the cache happens once, whoever sends it', async () => {
    const session = 'back-pending'
    const way = await network()
    const computer = await stage.computer()
    const ada = await stage.tab(computer, { session, url: way.url })
    way.stall()
    const names = numbered('pending', 20)
    await ada.add(...names)
    await ada.away()
    way.mend()
    // Another tab comes while the first one is in the cache.
    const other = await stage.tab(computer, { session, url: way.url })
    await other.add('other')
    await other.stands('live')
    await ada.back()
    await ada.stands('live')
    const executed = await stage.executed(session)
    expect(executed.filter((id) => id !== 'other')).toEqual(names)
    expect(executed).toHaveLength(21)
    await eventually(async () => expect(await ada.stored()).toEqual([]))
  })

  test('a frozen page hangs up, and is live again when it is thawed', async () => {
    const session = 'frozen'
    const ada = await stage.tab(await stage.computer(), { session })
    const bob = await stage.tab(await stage.computer(), { session, actor: 'bob' })
    await ada.stands('live')
    await ada.freeze()
    await bob.add('while-frozen')
    await bob.stands('live')
    await eventually(async () => {
      expect(await bob.read((bare) => bare.session?.participants.length)).toBe(1)
    })
    await ada.thaw()
    await ada.shows(['while-frozen'])
    await ada.stands('live')
    const signals = await ada.read((bare) => bare.signals)
    expect(signals).toEqual(['visibilitychange', 'freeze', 'resume'])
    expect(await ada.read((bare) => bare.statuses)).toContain('"offline"')
  })

  test('a hidden page goes on, and nothing changes when it is shown', async () => {
    const session = 'hidden'
    const ada = await stage.tab(await stage.computer(), { session })
    const bob = await stage.tab(await stage.computer(), { session, actor: 'bob' })
    await ada.freeze()
    await ada.thaw()
    await ada.stands('live')
    expect(await ada.page.evaluate(() => document.visibilityState)).toBe('hidden')
    const statuses = await ada.read((bare) => bare.statuses)
    await bob.add('while-hidden')
    await ada.shows(['while-hidden'])
    await ada.add('by-hidden')
    await bob.shows(['while-hidden', 'by-hidden'])
    await ada.show()
    await eventually(async () => {
      expect(await ada.page.evaluate(() => document.visibilityState)).toBe('visible')
    })
    await ada.add('shown')
    await ada.stands('live')
    expect(await ada.read((bare) => bare.statuses)).toEqual(statuses)
  })

  test('a page that is frozen in the middle of its writes blocks no other tab', async () => {
    const session = 'frozen-writes'
    const computer = await stage.computer()
    const [frozen, other] = [
      await stage.tab(computer, { session }),
      await stage.tab(computer, { session }),
    ]
    const names = numbered('frozen', 200)
    await frozen.add(...names)
    await frozen.freeze()
    await other.add('other')
    await eventually(async () => {
      const known = (await other.outcomes()).get('other') ?? []
      expect(known.join()).toContain('executed as')
    })
    const third = await stage.tab(computer, { session })
    await third.add('third')
    await third.stands('live')
    await frozen.thaw()
    await frozen.stands('live')
    const executed = await stage.executed(session)
    expect(executed.filter((id) => id.startsWith('frozen'))).toEqual(names)
    expect(executed).toHaveLength(202)
  })

  test('a reload without a network shows the last graph at once, which can be edited', async () => {
    const session = 'reload'
    const way = await network()
    const ada = await stage.tab(await stage.computer(), { session, url: way.url })
    await ada.add('one', 'two')
    await ada.stands('live')
    await ada.hasStoredGraphWith('two')
    way.cut()
    await ada.reload()
    await ada.joined()
    await ada.shows(['one', 'two'])
    expect(await ada.read((bare) => bare.session?.status)).toBe('offline')
    await ada.add('offline')
    await ada.shows(['one', 'two', 'offline'])
    expect(await stage.executed(session)).toEqual(['one', 'two'])
    way.mend()
    await ada.stands('live')
    expect(await stage.executed(session)).toEqual(['one', 'two', 'offline'])
    expect(await ada.read((bare) => bare.statuses)).toEqual(['"offline"', '"live"'])
  })

  test('two tabs with one store: what both do happens once, also when one is closed in a write', async () => {
    const session = 'two'
    const computer = await stage.computer()
    const [one, other] = [
      await stage.tab(computer, { session }),
      await stage.tab(computer, { session }),
    ]
    const [ones, others, last] = [numbered('one', 50), numbered('other', 50), numbered('last', 100)]
    await Promise.all([one.add(...ones), other.add(...others)])
    await Promise.all([one.stands('live'), other.stands('live')])
    await one.add(...last)
    await one.close()
    await other.add('after')
    await other.stands('live')
    // What the closed one left, the next tab sends.
    const next = await stage.tab(computer, { session })
    await next.stands('live')
    await eventually(async () => expect(await next.stored()).toEqual([]))
    const executed = await stage.executed(session)
    expect(executed.filter((id) => id.startsWith('one'))).toEqual(ones)
    expect(executed.filter((id) => id.startsWith('other'))).toEqual(others)
    expect(executed.filter((id) => id.startsWith('last'))).toEqual(last)
    expect(executed).toHaveLength(201)
    const shown = await next.read((bare) => bare.names)
    await other.shows(shown)
  })

  test.each([
    ['the browser clears', 'clear'],
    ['another tab deletes', 'delete'],
  ] as const)('a graph that %s is stored again', async (_, how) => {
    const session = `stored-again-${how}`
    const way = await network()
    const computer = await stage.computer()
    const ada = await stage.tab(computer, { session, url: way.url })
    await ada.add('one')
    await ada.stands('live')
    await ada.hasStoredGraphWith('one')
    let deleted = ['deleted', 'deleted']
    if (how === 'clear') await ada.clearStorage()
    else {
      const other = await stage.tab(computer, { session: `${session}-other`, url: way.url })
      deleted = [await other.deleteDatabase('talus'), await other.deleteDatabase('talus-graphs')]
      await other.close()
    }
    expect(deleted).toEqual(['deleted', 'deleted'])
    await ada.add('two')
    await ada.stands('live')
    await ada.hasStoredGraphWith('two')
    way.cut()
    await ada.reload()
    await ada.joined()
    await ada.shows(['one', 'two'])
  })

  test('a page that the server does not allow is told so', async () => {
    await using strangers = await PageServer.start({ '/': (await bundlePage('bare.ts')).script })
    const query = new URLSearchParams({ server: stage.url, actor: 'ada', session: 'cors' })
    const computer = await stage.computer()
    const tab = await BareTab.open(computer, `${strangers.origin}/?${query}`)
    await eventually(async () => {
      const problem = await tab.read((bare) => bare.client.problem?.message)
      expect(problem).toContain('(CORS); see --cors-origins')
    })
  })

  test('slow 3G: edits show at once, and all arrive in their order', async () => {
    const session = 'slow'
    const way = await network()
    // As Chromium's own "Slow 3G", which leaves WebSockets alone.
    way.slow(50_000)
    way.lag(200)
    const ada = await stage.tab(await stage.computer(), { session, url: way.url })
    const names = numbered('slow', 20)
    await ada.add(...names)
    expect(await ada.read((bare) => bare.names)).toEqual(names)
    await ada.stands('live')
    expect(await stage.executed(session)).toEqual(names)
    // Slow is not dead.
    expect(await ada.read((bare) => bare.statuses)).not.toContain('"offline"')
  })

  test('a slow CPU: nothing is taken for dead, nothing is sent twice', async () => {
    const session = 'cpu'
    const ada = await stage.tab(await stage.computer(), { session })
    const bob = await stage.tab(await stage.computer(), { session, actor: 'bob' })
    for (const tab of [ada, bob]) await tab.slowDown(6)
    const [adas, bobs] = [numbered('ada', 300), numbered('bob', 300)]
    await Promise.all([ada.add(...adas), bob.add(...bobs)])
    for (const tab of [ada, bob]) await tab.stands('live')
    const executed = await stage.executed(session)
    expect(executed).toHaveLength(600)
    expect(executed.filter((id) => id.startsWith('ada'))).toEqual(adas)
    for (const tab of [ada, bob]) {
      await tab.hasSeq(600)
      expect(await tab.read((bare) => bare.names)).toHaveLength(600)
    }
    const { nodes } = await rest(stage.url).getGraph({ session_id: session })
    expect(await ada.graph()).toEqual(nodes)
    expect(await bob.graph()).toEqual(nodes)
  })
})
