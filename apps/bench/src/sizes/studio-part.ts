import { chromium, type Browser, type CDPSession, type Page } from 'playwright-core'
import { TalusData } from '../contenders.js'
import { medianOf, ratioOf, type Finding } from './findings.js'
import { makeGraph } from './graph-making.js'
import { call } from './http-call.js'
import type { Part, PartOptions } from './part.js'
import { nodeId } from './shape.js'

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const WIDE = 100
const EVENTS_PER_SECOND = 100
const HOUR_MS = 3_600_000

const count = (value: number) => value.toLocaleString('en')

/** A browser that keeps nothing of what came before. */
async function openPage(browser: Browser): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  return context.newPage()
}

/** Renames a node, as somebody else. */
function rename(url: string, session_id: string, index: number, new_value: string) {
  const data = { node_id: nodeId(index), property_id: 'name', new_value }
  const body = JSON.stringify({ session_id, command_type: 'UpdateProperty', data })
  return call(url, { method: 'POST', path: '/commands/execute', body })
}

/** Opens a session: milliseconds until its first rows are shown. */
async function mount(page: Page, url: string, session_id: string): Promise<number> {
  const start = performance.now()
  await page.goto(`${url}/#/s/${session_id}`)
  await page.locator('.tree-row').first().waitFor({ timeout: 120_000 })
  await page.locator('.standing.live').waitFor({ timeout: 120_000 })
  return performance.now() - start
}

/** The same without the studio: the graph fetched by a page, and parsed. */
async function fetchGraph(page: Page, url: string, session_id: string): Promise<number> {
  const start = performance.now()
  await page.goto(`${url}/api/v1/health`)
  const address = JSON.stringify(`/api/v1/graph?session_id=${session_id}`)
  await page.evaluate(`fetch(${address}).then((answer) => answer.json())`)
  return performance.now() - start
}

/**
 * Renames the root in the page: milliseconds until the row shows it, and until the answer came,
 * which is what the server and the network take.
 */
async function update(page: Page, session_id: string, name: string) {
  const data = { node_id: nodeId(0), property_id: 'name', new_value: name }
  const body = JSON.stringify({ session_id, command_type: 'UpdateProperty', data })
  const took = (await page.evaluate(`new Promise((resolve) => {
    const start = performance.now()
    let shown, acked
    const tell = () => shown && acked && resolve([shown - start, acked - start])
    const look = () => {
      if (document.querySelector('.tree-row .node-name')?.textContent === ${JSON.stringify(name)}) {
        observer.disconnect()
        shown = performance.now()
        tell()
      }
    }
    const observer = new MutationObserver(look)
    observer.observe(document.body, { subtree: true, childList: true, characterData: true })
    fetch('/api/v1/commands/execute', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: ${JSON.stringify(body)},
    }).then((answer) => answer.json()).then(() => { acked = performance.now(); tell() })
  })`)) as [shown: number, acked: number]
  return { shown: took[0], acked: took[1] }
}

/** Share of the frames that were not drawn in so many milliseconds, by the usual time of one. */
async function droppedFrames(page: Page, ms: number): Promise<number> {
  return (await page.evaluate(`new Promise((resolve) => {
    const times = []
    const begun = performance.now()
    const frame = (now) => {
      times.push(now)
      if (now - begun < ${ms}) return requestAnimationFrame(frame)
      const gaps = times.slice(1).map((time, index) => time - times[index])
      const expected = (times.at(-1) - times[0]) / (1000 / 60)
      resolve(Math.max(0, 1 - gaps.length / expected))
    }
    requestAnimationFrame(frame)
  })`)) as number
}

/** Renames nodes at a steady rate until the result is called; it resolves with how many it were. */
function steadyEdits(url: string, session_id: string, perSecond: number): () => Promise<number> {
  const asked: Promise<unknown>[] = []
  let sent = 0
  const begun = performance.now()
  const timer = setInterval(() => {
    const due = ((performance.now() - begun) * perSecond) / 1_000
    for (; sent < due; sent++) {
      asked.push(rename(url, session_id, 1 + (sent % 10), `Node ${sent}`))
    }
  }, 10)
  return async () => {
    clearInterval(timer)
    await Promise.all(asked)
    return sent
  }
}

/** Bytes of live objects in the page. */
async function liveBytes(session: CDPSession): Promise<number> {
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  return usedSize
}

/** Opens and edits a session of some size, beside its floor. */
async function measureSize(
  browser: Browser,
  url: string,
  { nodes, rounds }: { nodes: number; rounds: number },
): Promise<Finding[]> {
  const session_id = `studio-${nodes}`
  await makeGraph(url, session_id, { nodes, fanOut: WIDE })
  const mounts: number[] = []
  const fetches: number[] = []
  const shown: number[] = []
  const acked: number[] = []
  for (let round = 0; round < rounds; round++) {
    const bare = await openPage(browser)
    fetches.push(await fetchGraph(bare, url, session_id))
    await bare.context().close()
    const page = await openPage(browser)
    mounts.push(await mount(page, url, session_id))
    for (let edit = 0; edit < 5; edit++) {
      const took = await update(page, session_id, `Round ${round}, edit ${edit}`)
      shown.push(took.shown)
      acked.push(took.acked)
    }
    await page.context().close()
  }
  const of = `${count(nodes)} nodes`
  return [
    medianOf({ what: `until ${of} are shown`, unit: ' ms' }, mounts),
    ratioOf(
      { what: `${of} shown, to the graph fetched and parsed by a bare page` },
      mounts,
      fetches,
    ),
    medianOf({ what: `until an edit is shown among ${of}`, unit: ' ms' }, shown),
    ratioOf({ what: `an edit among ${of} shown, to its answer` }, shown, acked),
  ]
}

/** Frames that are not drawn while others edit, beside those that are not when nobody does. */
async function measureFrames(browser: Browser, url: string, ms: number): Promise<Finding[]> {
  const session_id = 'studio-frames'
  await makeGraph(url, session_id, { nodes: 1_000, fanOut: WIDE })
  const page = await openPage(browser)
  await mount(page, url, session_id)
  const idle = await droppedFrames(page, ms)
  const stop = steadyEdits(url, session_id, EVENTS_PER_SECOND)
  const begun = performance.now()
  const busy = await droppedFrames(page, ms)
  const seconds = (performance.now() - begun) / 1_000
  const sent = await stop()
  await page.context().close()
  const rate = Math.round(sent / seconds)
  return [
    { what: 'frames not drawn, idle', value: 100 * idle, unit: ' %' },
    { what: `frames not drawn, ${rate} events a second`, value: 100 * busy, unit: ' %' },
  ]
}

/** What the page keeps of edits: the second half shows what does not level off. */
async function measureGrowth(
  browser: Browser,
  url: string,
  { ms, onProgress }: { ms: number; onProgress: (what: string) => void },
): Promise<Finding[]> {
  const session_id = 'studio-growth'
  await makeGraph(url, session_id, { nodes: 1_000, fanOut: WIDE })
  const page = await openPage(browser)
  await mount(page, url, session_id)
  const session = await page.context().newCDPSession(page)
  const halves: number[] = []
  let edits = 0
  let before = await liveBytes(session)
  const first = before
  for (const half of ['first', 'second']) {
    onProgress(`studio: ${half} half of ${count(Math.round(ms / 1_000))} s of edits`)
    const stop = steadyEdits(url, session_id, EVENTS_PER_SECOND)
    await page.waitForTimeout(ms / 2)
    const sent = await stop()
    edits += sent
    const after = await liveBytes(session)
    halves.push((after - before) / sent)
    before = after
  }
  await page.context().close()
  const [early = Number.NaN, late = Number.NaN] = halves
  return [
    { what: 'live objects before the edits', value: first / 1e6, unit: ' MB' },
    {
      what: `growth for each of the first half of ${count(edits)} edits`,
      value: early,
      unit: ' bytes',
    },
    { what: 'growth for each of the second half', value: late, unit: ' bytes' },
  ]
}

async function measureAll(
  browser: Browser,
  url: string,
  { quick, long, onProgress }: PartOptions,
): Promise<Finding[]> {
  const list: Finding[] = []
  for (const nodes of quick ? [1_000] : [1_000, 10_000, 50_000]) {
    onProgress(`studio: ${count(nodes)} nodes`)
    list.push(...(await measureSize(browser, url, { nodes, rounds: quick ? 1 : 5 })))
  }
  onProgress('studio: frames')
  list.push(...(await measureFrames(browser, url, quick ? 2_000 : 10_000)))
  const ms = long ? HOUR_MS : quick ? 4_000 : 60_000
  list.push(...(await measureGrowth(browser, url, { ms, onProgress })))
  return list
}

/** The studio in Chromium, which stands beside the server on the machine. */
export const studioPart: Part = {
  name: 'studio',
  async run(options) {
    const data = await TalusData.create()
    try {
      const server = await data.start(options.nodeArgs)
      // Containers and root have no sandbox; only pages of the server are opened.
      const args = ['--no-sandbox', '--disable-gpu']
      const browser = await chromium.launch({ executablePath: CHROMIUM, args, timeout: 120_000 })
      try {
        const list = await measureAll(browser, server.url, options)
        return { title: 'Studio, in Chromium', tables: [], list }
      } finally {
        await browser.close()
        await server.stop()
      }
    } finally {
      await data.remove()
    }
  },
}
