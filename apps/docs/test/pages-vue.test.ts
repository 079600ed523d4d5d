import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { build as bundle, type Plugin } from 'esbuild'
import { chromium, type Page as Tab } from 'playwright-core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { compileScript, parse } from 'vue/compiler-sfc'
import { pages } from './pages/page.js'
import { Scratch } from './pages/scratch.js'
import { Program } from './pages/shell.js'

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

const page = pages.find(({ name }) => name === 'guides/vue')
if (!page) throw new Error('There is no page guides/vue')

// In CI its absence is a failure.
const isMissing = !existsSync(CHROMIUM) && !process.env['CI']
if (isMissing) console.warn(`The page of guides/vue is not opened: ${CHROMIUM} is missing`)

/** What the template of Vite has beside, which counts how often each component is updated. */
const MAIN = `
import { createApp } from 'vue'
import App from './App.vue'

globalThis.updated = {}
const app = createApp(App)
app.mixin({
  updated() {
    const name = this.$options.__name
    updated[name] = (updated[name] ?? 0) + 1
  },
})
app.mount('#app')
globalThis.leave = () => app.unmount()
`

const components: Plugin = {
  name: 'components of Vue',
  setup(build) {
    build.onLoad({ filter: /\.vue$/ }, async ({ path }) => {
      const { descriptor } = parse(await readFile(path, 'utf8'), { filename: path })
      const { content } = compileScript(descriptor, { id: basename(path), inlineTemplate: true })
      return { contents: content, loader: 'ts' }
    })
  },
}

async function bundled(scratch: Scratch): Promise<string> {
  await scratch.write('src/main.ts', MAIN)
  const { outputFiles } = await bundle({
    entryPoints: [scratch.path('src/main.ts')],
    plugins: [components],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    define: {
      'process.env.NODE_ENV': '"development"',
      __VUE_OPTIONS_API__: 'true',
      __VUE_PROD_DEVTOOLS__: 'false',
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
    },
    write: false,
  })
  return outputFiles[0]?.text ?? ''
}

/** Serves the page until the test is over. */
async function served(scratch: Scratch): Promise<string> {
  const script = await bundled(scratch)
  const html = '<link rel="icon" href="data:,"><div id="app"></div><script src="/main.js"></script>'
  const server = createServer(({ url }, response) => {
    const isScript = url === '/main.js'
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html; charset=utf-8')
    response.end(isScript ? script : `<!doctype html>${html}`)
  })
  server.listen(Number(scratch.port('8000')), 'localhost')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://localhost:${scratch.port('8000')}/`
}

const names = (tab: Tab) =>
  tab
    .locator('li input')
    .evaluateAll((inputs) => inputs.map((input) => Reflect.get(input, 'value')))

async function show(tabs: readonly Tab[], expected: string[]): Promise<void> {
  await expect
    .poll(() => Promise.all(tabs.map(names)), { timeout: 60_000 })
    .toEqual(tabs.map(() => expected))
}

const updates = (tab: Tab) => tab.evaluate(() => ({ ...Reflect.get(globalThis, 'updated') }))

describe.skipIf(isMissing)('the page of guides/vue', () => {
  test('two windows edit a list with undo; each component is updated for what it shows', async () => {
    await using scratch = await Scratch.create()
    await scratch.unpack(page)
    const url = await served(scratch)
    const server = new Program(scratch, 'talus-server', [])
    onTestFinished(() => server.end())
    await server.until((out) => /^\{"url":.*\n/.test(out))
    const browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ['--no-sandbox', '--disable-gpu'],
    })
    onTestFinished(() => browser.close())
    const troubles: string[] = []
    const sent: string[] = []
    const open = async () => {
      const tab = await (await browser.newContext()).newPage()
      tab.on('pageerror', ({ message }) => troubles.push(message))
      tab.on('console', (said) => {
        if (['error', 'warning'].includes(said.type())) troubles.push(said.text())
      })
      tab.on('websocket', (socket) =>
        socket.on('framesent', ({ payload }) => sent.push(String(payload))),
      )
      await tab.goto(url)
      await tab.getByText('live').waitFor()
      return tab
    }
    const times = (event: string) => sent.filter((frame) => frame.includes(`["${event}"`)).length
    const [one, other] = [await open(), await open()]
    expect(times('join_session')).toBe(2)
    await one.getByText('Add').click()
    await other.getByText('Add').click()
    await show([one, other], ['New scene', 'New scene'])
    expect(times('execute_command')).toBe(2)

    const before = await updates(one)
    await other.locator('li input').nth(1).fill('Finale')
    await show([one, other], ['New scene', 'Finale'])
    // One row: neither the list nor the other row.
    expect(await updates(one)).toEqual({ ...before, Scene: (before['Scene'] ?? 0) + 1 })

    await other.getByText('Undo').click()
    await show([one, other], ['New scene', 'New scene'])
    await one.evaluate(() => Reflect.get(globalThis, 'leave')())
    await expect.poll(() => times('leave_session')).toBe(1)
    await other.locator('li input').nth(0).fill('Opening')
    await show([other], ['Opening', 'New scene'])
    expect(troubles).toEqual([])
  })
})
