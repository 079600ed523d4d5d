import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { launch, type Ended } from '../server-process.js'
import { SECRET } from '../tokens.js'

/** What a server holds after its garbage has been collected. */
export type Kept = { bytes: number; sockets: number }

/** A server in a process of its own, looked at from outside only. */
export type Subject = {
  url: string
  host: string
  port: number
  authenticated: boolean
  kept: () => Promise<Kept>
  /** Lines of its log that tell of a fault; none is expected. */
  faults: () => string[]
  /** Undefined as long as it lives. */
  died: () => Ended | undefined
  /** Resolves when it does not live any more. */
  ended: Promise<Ended>
  [Symbol.asyncDispose]: () => Promise<void>
}

const ERROR_LEVEL = 50

/** Whoever is over a rate is refused before anything is looked at: nothing would be tried. */
const WITHOUT_RATES = [
  'message-rate-per-socket',
  'command-rate-per-socket',
  'command-rate-per-user',
  'command-rate-per-session',
  'request-rate',
  'handshake-rate',
  'failed-login-rate',
  'new-session-rate',
  'max-sockets-per-user',
].flatMap((flag) => [`--${flag}`, '0'])
const PRELOAD = new URL('tell-what-is-kept.mjs', import.meta.url).href

function linesOf(stderr: string): Record<string, unknown>[] {
  return stderr
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

async function eventually<T>(look: () => T | undefined): Promise<T> {
  for (;;) {
    const found = look()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** Starts the built server on a data folder of its own. */
export async function startSubject({
  authenticated,
}: {
  authenticated: boolean
}): Promise<Subject> {
  const dataDir = await mkdtemp(join(tmpdir(), 'talus-fuzz-'))
  const args = ['--port', '0', '--data-dir', dataDir, '--idle-minutes', '1', '--log-level', 'warn']
  // What is asked here is whether it lives and forgets, not how fast its disk is.
  args.push('--durability', 'normal')
  if (authenticated) args.push('--jwt-secret', SECRET, '--admins', 'root', ...WITHOUT_RATES)
  const server = launch(args, { NODE_OPTIONS: `--import ${PRELOAD}` })
  const { url } = JSON.parse(await server.greeting) as { url: string }
  let ended: Ended | undefined
  void server.ended.then((how) => {
    ended = how
  })
  const reports = () => linesOf(server.stderr()).flatMap((line) => ('kept' in line ? [line] : []))
  return {
    url,
    host: new URL(url).hostname,
    port: Number(new URL(url).port),
    authenticated,
    died: () => ended,
    ended: server.ended,
    faults: () =>
      linesOf(server.stderr())
        .filter(({ level }) => typeof level === 'number' && level >= ERROR_LEVEL)
        .map((line) => JSON.stringify(line).slice(0, 2_000)),
    async kept() {
      const before = reports().length
      server.kill('SIGUSR2')
      return eventually(() => reports()[before]?.kept as Kept | undefined)
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
