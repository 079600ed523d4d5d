import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ofPackage, Project, shownFile } from './project.js'

const MAIN = ofPackage('@talus/server/dist/main.js')

let project: Project
let server: { url: string; pid: number; stop: () => Promise<number | null> }

/** The server as its own process, by the Node that is given. */
async function startServer(node: string): Promise<typeof server> {
  const folder = await mkdtemp(join(tmpdir(), 'talus-runtimes-data-'))
  const options = ['--port', '0', '--data-dir', folder, '--log-level', 'error']
  const child = spawn(node, [MAIN, ...options], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  const line = once(createInterface({ input: child.stdout }), 'line')
  const [first] = (await Promise.race([line, ended])) as [string | number]
  if (typeof first !== 'string') throw new Error(`The server ended with ${first}`)
  const stop = async () => {
    child.kill('SIGTERM')
    const [code] = (await ended) as [number | null]
    await rm(folder, { recursive: true })
    return code
  }
  return { url: (JSON.parse(first) as { url: string }).url, pid: child.pid ?? 0, stop }
}

beforeAll(async () => {
  project = await Project.create()
  server = await startServer(process.execPath)
})

afterAll(async () => {
  await server?.stop()
  await project?.[Symbol.asyncDispose]()
})

/** What an application does with the SDK, and what it says then. */
const SMOKE = `
import { connect, rest, TalusError } from '@talus/client'
const [url, id] = process.argv.slice(2)
const client = connect(url, { actor: 'ada' })
const session = await client.join(id)
const { result } = await session.execute('CreateNode', { blueprint_type_id: 'task', name: 'Cut' })
await session.undo()
await session.redo()
const refused = await session.execute('DeleteNode', { node_id: 'none' }).catch((error) => error)
const { nodes } = await rest(url).getGraph({ session_id: id })
console.log(nodes.length, session.graph.node(result.node_id)?.name, refused instanceof TalusError)
client.close()
process.exit(0)
`

/** What it says when its server is gone. It ends by itself: nothing is left that keeps it running. */
const BEREFT = `
import { connect } from '@talus/client'
const [url, pid, transport] = process.argv.slice(2)
const client = connect(url, { actor: 'ada', transports: [transport] })
await client.join('bereft')
const problem = new Promise((resolve) => client.on('error', resolve))
process.kill(Number(pid), 'SIGKILL')
const { code } = await problem
client.close()
console.log(code)
`

const RUNTIMES: [name: string, path: string, options: string[]][] = [
  ['Node 20.19', 'node-20/bin/node', []],
  ['Node 22.12', 'node-22/bin/node', []],
  ['Node 24', 'node-24/bin/node', []],
  ['Bun', '@oven/bun-linux-x64/bin/bun', []],
  ['Deno', '@deno/linux-x64-glibc/deno', ['run', '--allow-all', '--node-modules-dir=manual']],
]

/** `pnpm test:long` tries everything; `pnpm test` each kind once, and each runtime. */
const IS_WHOLE = process.env['TALUS_MATRIX'] === 'whole'

const isKnown = process.platform === 'linux' && process.arch === 'x64'

const NODES = [['node-20'], ['node-22'], ['node-24']] as const

describe.skipIf(!isKnown)('runtimes, which are packages for Linux on x64', () => {
  test.each(RUNTIMES)('%s runs the SDK', async (name, path, options) => {
    await project.write({ 'smoke.mjs': SMOKE })
    const given = [...options, 'smoke.mjs', server.url, name.replaceAll(/\W/g, '-')]
    const { stdout, stderr } = await project.run(ofPackage(path), given)
    expect([stdout, stderr]).toEqual(['1 Cut true\n', expect.any(String)])
  })

  // Each runtime has a socket and a fetch of its own.
  const ENDINGS = RUNTIMES.flatMap(([name, path, options]) =>
    (IS_WHOLE ? ['websocket', 'polling'] : ['websocket']).map((transport) => ({
      name,
      path,
      options,
      transport,
    })),
  )

  test.each(ENDINGS)(
    '$name over $transport: a server that ends is told by the SDK, and nothing else is printed',
    async ({ path, options, transport }) => {
      await project.write({ 'bereft.mjs': BEREFT })
      const own = await startServer(process.execPath)
      try {
        const given = [...options, 'bereft.mjs', own.url, String(own.pid), transport]
        const { status, stdout, stderr } = await project.run(ofPackage(path), given)
        expect([status, stdout, stderr]).toEqual([0, 'UNREACHABLE\n', ''])
      } finally {
        await own.stop()
      }
    },
  )

  test.each(NODES)('%s: require() gives the same package as import', async (node) => {
    const program = `
      const required = require('@talus/client')
      require('@talus/client/react')
      require('@talus/client/node')
      import('@talus/client').then(({ TalusError }) => {
        console.log(TalusError === required.TalusError, typeof required.connect)
      })
    `
    await project.write({ 'same.cjs': program })
    const { stdout, stderr } = await project.run(ofPackage(`${node}/bin/node`), ['same.cjs'])
    expect([stdout, stderr]).toEqual(['true function\n', expect.any(String)])
  })

  test.each(NODES)('%s runs the server, which ends in order', async (node) => {
    const own = await startServer(ofPackage(`${node}/bin/node`))
    const answer = await fetch(`${own.url}/api/v1/ready`)
    expect(answer.status).toBe(200)
    expect(await own.stop()).toBe(0)
  })
})

/** A busy machine takes longer than the 5 s of jest. */
const HANGS_AFTER_MS = 60_000

const GUIDE = 'guides/test-your-app.md'
const SERVED = ['start-server.mjs', 'stop-server.mjs', 'tasks.test.js']

/** Runs jest on what the guide shows, with these settings beside its own. */
async function jest(
  folder: string,
  names: readonly string[],
  settings: object,
  node = process.execPath,
) {
  for (const name of names) {
    await project.write({ [`${folder}/${name}`]: await shownFile(GUIDE, name) })
  }
  const shown = JSON.parse(await shownFile(GUIDE, 'jest.config.json')) as object
  await project.write({
    [`${folder}/jest.config.json`]: JSON.stringify({
      ...shown,
      testTimeout: HANGS_AFTER_MS,
      ...settings,
    }),
  })
  const config = ['--config', `${folder}/jest.config.json`]
  const given = [ofPackage('jest/bin/jest.js'), ...config, '--no-cache', '--runInBand']
  return project.run(node, given)
}

describe('jest', () => {
  beforeAll(async () => {
    await project.link('@talus/server', ofPackage('@talus/server'))
    await project.link('jest-environment-jsdom', ofPackage('jest-environment-jsdom'))
  })

  test('runs the tests of the guide, with nothing set for the SDK', async () => {
    const { status, stderr } = await jest('plain', SERVED, {})
    expect([status, stderr]).toEqual([0, expect.stringContaining('1 passed')])
  })

  /** The oldest has the fewest ways to load a package. */
  const JEST_NODES = isKnown
    ? NODES.slice(0, IS_WHOLE ? undefined : 1).map(([node]) => ofPackage(`${node}/bin/node`))
    : [process.execPath]

  test.each(JEST_NODES)(
    'runs the same with jsdom, in the environment that the guide shows, and the hooks: %s',
    async (node) => {
      await project.write({
        'page/react.test.js': `
          const { SessionProvider } = require('@talus/client/react')
          test('they are there, in a page', () => {
            expect(document.body).toBeDefined()
            expect(typeof SessionProvider).toBe('function')
          })
        `,
      })
      const { status, stderr } = await jest(
        'page',
        [...SERVED, 'jest-environment.cjs'],
        { testEnvironment: './jest-environment.cjs' },
        node,
      )
      expect([status, stderr]).toEqual([0, expect.stringContaining('2 passed')])
    },
  )
})

const TYPED = `
import { connect, TalusError, type Session } from '@talus/client'
import { fileStore } from '@talus/client/node'
import { SessionProvider, useNode } from '@talus/client/react'
export const client = connect('http://localhost:5000', { store: fileStore('queue.jsonl') })
export const create = async (session: Session): Promise<string> =>
  (await session.execute('CreateNode', { blueprint_type_id: 't', name: 'x' })).result.node_id
export const useName = (id: string): string | undefined => useNode(id, (node) => node?.name)
export const shown = [SessionProvider, TalusError]
// @ts-expect-error a property that no command has
export const wrong = (session: Session) => session.execute('DeleteNode', { nodeId: 'n' })
`

/** Those that `pnpm test` tries: the oldest and the newest compiler, and each way to resolve modules. */
const COMPILERS = [
  ['5.0', 'commonjs', 'node'],
  ['7', 'nodenext', 'nodenext'],
  ['7', 'esnext', 'bundler'],
] as const
const OTHER_COMPILERS = [
  ['5.0', 'esnext', 'bundler'],
  ['5.4', 'esnext', 'node'],
  ['5.4', 'nodenext', 'nodenext'],
] as const

describe('TypeScript', () => {
  test.each([...COMPILERS, ...(IS_WHOLE ? OTHER_COMPILERS : [])])(
    '%s, module %s, moduleResolution %s',
    async (version, module, moduleResolution) => {
      await project.write({ 'typed/typed.ts': TYPED })
      const from = version === '7' ? 'typescript' : `typescript-${version}`
      const options = {
        module,
        moduleResolution,
        target: 'es2022',
        lib: ['es2022', 'dom'],
        strict: true,
        skipLibCheck: true,
        jsx: 'react-jsx',
        types: ['node'],
        noEmit: true,
      }
      const config = JSON.stringify({ compilerOptions: options, files: ['typed.ts'] })
      await project.write({ 'typed/tsconfig.json': config })
      const given = [ofPackage(`${from}/bin/tsc`), '-p', 'typed']
      expect(await project.run(process.execPath, given)).toMatchObject({ status: 0, stdout: '' })
    },
  )
})
