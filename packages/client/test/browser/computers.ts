import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { chromium, type Browser, type CDPSession, type Page } from 'playwright-core'
import { CHROMIUM, INSTALL, HANGS_AFTER_MS } from './chromium.js'

const SWITCHES = [
  '--headless',
  '--remote-debugging-port=0',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-gpu',
  // Containers and root, as in CI, have no sandbox; only pages of the tests are opened.
  '--no-sandbox',
]

/** Now and then a Chromium that has just started takes a connection and answers nothing on it. */
const STARTS = 3
const ANSWERS_WITHIN_MS = 40_000

/** A process that is told to end is gone by then, or is killed. */
const GOODBYE_MS = 5_000

/** All tabs of one computer share what the browser stores, and nobody else does. */
export type Computer = {
  /** Opens a tab with an empty page. */
  open(): Promise<Page>
  close(): Promise<void>
}

/**
 * Chromium as people have it. As Playwright starts it, pages are never hidden, frozen or kept for
 * the back button.
 */
export class Computers {
  readonly #process: ChildProcess
  readonly #folder: string
  readonly #browser: Browser
  readonly #devtools: CDPSession
  #opened = 0

  private constructor(
    process: ChildProcess,
    folder: string,
    browser: Browser,
    devtools: CDPSession,
  ) {
    this.#process = process
    this.#folder = folder
    this.#browser = browser
    this.#devtools = devtools
  }

  /** Rejects with how to install Chromium when there is none. */
  static async start(): Promise<Computers> {
    if (!existsSync(CHROMIUM)) throw new Error(INSTALL)
    for (let attempt = 1; ; attempt += 1) {
      const folder = await mkdtemp(join(tmpdir(), 'talus-chromium-'))
      const child = spawn(CHROMIUM, [...SWITCHES, `--user-data-dir=${folder}`], {
        stdio: ['ignore', 'ignore', 'pipe'],
        // With all that it starts.
        detached: true,
      })
      try {
        const address = await addressOf(child)
        const browser = await chromium.connectOverCDP(address, {
          noDefaults: true,
          timeout: ANSWERS_WITHIN_MS,
        })
        return new Computers(child, folder, browser, await browser.newBrowserCDPSession())
      } catch (err) {
        await kill(child)
        await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
        if (attempt === STARTS) throw err
      }
    }
  }

  async computer(): Promise<Computer> {
    const { browserContextId } = await this.#devtools.send('Target.createBrowserContext')
    return {
      open: () => this.#open(browserContextId),
      close: async () => {
        await this.#devtools.send('Target.disposeBrowserContext', { browserContextId })
      },
    }
  }

  async #open(browserContextId: string): Promise<Page> {
    this.#opened += 1
    const url = `about:blank#${this.#opened}`
    const [context] = this.#browser.contexts()
    if (!context) throw new Error('Chromium has no context')
    context.setDefaultTimeout(HANGS_AFTER_MS)
    const [page] = await Promise.all([
      context.waitForEvent('page', (opened) => opened.url() === url),
      this.#devtools.send('Target.createTarget', { url, browserContextId }),
    ])
    return page
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#devtools.send('Browser.close').catch(() => {})
    await this.#browser.close()
    const { exitCode, signalCode } = this.#process
    if (exitCode === null && signalCode === null) {
      const killing = setTimeout(() => void kill(this.#process), GOODBYE_MS)
      await once(this.#process, 'exit')
      clearTimeout(killing)
    }
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 10 })
  }
}

async function addressOf(child: ChildProcess): Promise<string> {
  const { stderr } = child
  if (!stderr) throw new Error('Chromium says nothing')
  let address: string | undefined
  for await (const line of createInterface({ input: stderr })) {
    address = /^DevTools listening on (\S+)$/.exec(line)?.[1]
    if (address !== undefined) break
  }
  // To leave the loop stops the reading, and Chromium would stand still when the pipe is full.
  stderr.resume()
  if (address === undefined) throw new Error('Chromium ended')
  return address
}

/** Ends a browser and all that it has started. */
async function kill(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  process.kill(-child.pid, 'SIGKILL')
  await ended
}
