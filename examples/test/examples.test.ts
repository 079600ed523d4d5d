import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startServer, type Server } from './server.js'

const TIMEOUT_MS = 180_000

const file = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url))

let server: Server

beforeAll(async () => {
  server = await startServer()
}, TIMEOUT_MS)

afterAll(() => server.stop())

/** Runs an example to its own end; fails when it fails or does not end. */
async function run(name: string): Promise<string[]> {
  const program = promisify(execFile)(process.execPath, [file(name), server.url], {
    timeout: TIMEOUT_MS,
  })
  const { stdout, stderr } = await program
  return `${stdout}\n${stderr}`.split('\n')
}

/** The first words of the lines that start like one of these. */
function story(lines: string[], starts: string[]): string[] {
  return lines.flatMap((line) => starts.filter((start) => line.startsWith(start)))
}

test(
  'the protocol document, from connect to leave',
  async () => {
    const lines = await run('protocol-walkthrough.mjs')
    const events = lines.flatMap((line) => /^([a-z-]+(?::[a-z]+)?):/.exec(line)?.[1] ?? [])
    const command = (event: string) => ['command:executing', event, 'command:executed']
    expect(events).toEqual([
      'joined',
      'session:connected',
      'session:connected',
      ...command('node-created'),
      ...command('node-created'),
      ...command('node-linked'),
      ...command('property-changed'),
      ...command('node-unlinked'),
      'command:executing',
      'command:failed',
      ...command('node-deleted'),
      'node-created',
      'command:undo',
      'node-deleted',
      'command:redo',
      'pong',
      'error',
      'session:disconnected',
      'left',
    ])
    expect(story(lines, ['Bob is'])).toHaveLength(2)
  },
  TIMEOUT_MS,
)

test(
  'the client of the integration document',
  async () => {
    const lines = await run('graph-client.mjs')
    const starts = ['Connected', 'Session connected, 1', 'tree: add', 'inspector: set', 'tree: rem']
    expect(story(lines, starts)).toEqual(starts)
    expect(story(lines, ['Command failed: Parent node not found'])).toHaveLength(1)
    expect(story(lines, ['Command executed: '])).toHaveLength(3)
  },
  TIMEOUT_MS,
)

test(
  'the same with the SDK, which is the example of its README',
  async () => {
    const lines = await run('sdk.mjs')
    expect(lines.filter((line) => /^[a-z ]+:/.test(line))).toEqual([
      'at once: 1',
      'status: done',
      'undone: undefined',
      'refused: NODE_NOT_FOUND',
    ])
    expect(lines).toContain("[ 'Cut the trailer' ]")
    const readme = await readFile(file('../packages/client/README.md'), 'utf8')
    expect(readme).toContain(await readFile(file('sdk.mjs'), 'utf8'))
  },
  TIMEOUT_MS,
)

test(
  'a tour of REST',
  async () => {
    const lines = await run('rest-tour.mjs')
    const statuses = lines.flatMap((line) => /^[A-Z]+ \/.* -> (\d+)/.exec(line)?.[1] ?? [])
    expect(statuses.join(' ')).toBe('200 201 200 200 200 200 200 200 200 200 422 200 200')
    expect(lines.filter((line) => line.includes('duplicate: true'))).toHaveLength(1)
  },
  TIMEOUT_MS,
)
