import { spawnSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Fence, Page } from './page.js'

const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url))

const ROOT = folder('../../../../')
const MAIN = join(ROOT, 'apps/server/dist/main.js')
const BINARIES = folder('../../node_modules/.bin')

/** Below the package, so that its dependencies are found. */
const SCRATCH = folder('../../reports/')

/** Debian's own: another Python beside it does not see Debian's packages. */
const PYTHON = process.env['PYTHON'] ?? '/usr/bin/python3'

/** Whether to pass over what needs Python: never in CI, where its absence is a failure. */
export function isWithoutPython(): boolean {
  const { status } = spawnSync(PYTHON, ['-c', 'import socketio, aiohttp, mypy'])
  if (status === 0 || process.env['CI']) return false
  console.warn(`Pages with Python are skipped: ${PYTHON} lacks socketio, aiohttp or mypy`)
  return true
}

/** The ports that pages name: of the server, of applications of the reader, of the metrics. */
const PORTS = ['5000', '3000', '8000', '9464']

async function freePort(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return String(port)
}

/** A folder of its own for what a page's reader would do in one. */
export class Scratch {
  readonly directory: string
  readonly #ports: ReadonlyMap<string, string>

  private constructor(directory: string, ports: ReadonlyMap<string, string>) {
    this.directory = directory
    this.#ports = ports
  }

  static async create(): Promise<Scratch> {
    await mkdir(SCRATCH, { recursive: true })
    const directory = await mkdtemp(join(SCRATCH, 'page-'))
    const ports = await Promise.all(PORTS.map(async (port) => [port, await freePort()] as const))
    const scratch = new Scratch(directory, new Map(ports))
    // The clone, as pages call it.
    await symlink(ROOT, scratch.path('talus'))
    // Vitest would go by that of this package, and into the clone.
    const config = { test: { exclude: ['talus/**'] } }
    await scratch.write('vitest.config.mjs', `export default ${JSON.stringify(config)}\n`)
    await scratch.#program('talus-server', `"${process.execPath}" "${MAIN}"`)
    await scratch.#program('python3', PYTHON)
    return scratch
  }

  async #program(name: string, command: string): Promise<void> {
    await this.write(`bin/${name}`, `#!/bin/sh\nexec ${command} "$@"\n`)
    await chmod(this.path(`bin/${name}`), 0o755)
  }

  path(name: string): string {
    return join(this.directory, name)
  }

  async write(name: string, text: string): Promise<void> {
    await mkdir(dirname(this.path(name)), { recursive: true })
    await writeFile(this.path(name), text)
  }

  /** Writes the files that a page gives a name to. */
  async unpack({ fences }: Page): Promise<void> {
    for (const fence of fences) {
      const name = fence.attributes.get('file')
      if (name !== undefined) await this.write(name, this.adapted(fence))
    }
  }

  /** The code, with the ports that this run has. */
  adapted({ code }: Fence): string {
    return this.#replaced(code, (port) => [port, this.port(port)])
  }

  /** What was printed, with the ports that the page has. */
  restored(printed: string): string {
    return this.#replaced(printed, (port) => [this.port(port), port])
  }

  port(named: string): string {
    return this.#ports.get(named) ?? named
  }

  #replaced(text: string, pair: (port: string) => [string, string]): string {
    return PORTS.reduce((done, port) => {
      const [from, to] = pair(port)
      return done.replaceAll(new RegExp(`\\b${from}\\b`, 'g'), to)
    }, text)
  }

  get environment(): NodeJS.ProcessEnv {
    const path = [this.path('bin'), dirname(process.execPath), BINARIES, process.env['PATH']]
    return {
      ...process.env,
      PATH: path.join(':'),
      TALUS_PORT: this.port('5000'),
      TALUS_LOG_LEVEL: 'error',
      NO_COLOR: '1',
      // Vitest within vitest is another one.
      VITEST: '',
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.directory, { recursive: true, force: true })
  }
}
