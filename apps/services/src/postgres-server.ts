import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { chown, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { postgresPrograms } from './programs.js'
import { runSql } from './sql.js'

const run = promisify(execFile)

/** PostgreSQL does not run as root: it gets the user that Debian's package has made. */
async function owner(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const passwd = await readFile('/etc/passwd', 'utf8')
  const [, , uid, gid] = /^postgres:.*$/m.exec(passwd)?.[0].split(':') ?? []
  return { uid: Number(uid), gid: Number(gid) }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}

/** Whether a PostgreSQL answers there. */
export async function answers(url: string): Promise<boolean> {
  return runSql(url, 'select 1').then(
    () => true,
    () => false,
  )
}

/** A PostgreSQL server of its own, that may be stopped, frozen and killed. */
export class PostgresServer implements AsyncDisposable {
  readonly url: string
  readonly #directory: string
  readonly #start: () => ChildProcess
  #process: ChildProcess | undefined

  private constructor(directory: string, port: number, start: () => ChildProcess) {
    this.#directory = directory
    this.#start = start
    this.url = `postgres://postgres@127.0.0.1:${port}/postgres`
  }

  /** `settings`: of postgresql.conf, such as `max_connections=10`. */
  static async create(...settings: string[]): Promise<PostgresServer> {
    const user = await owner()
    const bin = postgresPrograms()
    const directory = await mkdtemp(join(tmpdir(), 'talus-postgres-'))
    if (user) await chown(directory, user.uid, user.gid)
    const data = join(directory, 'data')
    const initdb = ['-D', data, '-U', 'postgres', '--auth=trust', '--no-sync']
    await run(join(bin, 'initdb'), initdb, { ...user, cwd: directory })
    const port = await freePort()
    const options = [`port=${port}`, 'listen_addresses=127.0.0.1', `unix_socket_directories=`]
    const args = [...options, ...settings].flatMap((setting) => ['-c', setting])
    const server = new PostgresServer(directory, port, () =>
      spawn(join(bin, 'postgres'), ['-D', data, ...args], {
        ...user,
        cwd: directory,
        stdio: 'ignore',
        // A group of its own, so that a signal reaches all of its processes.
        detached: true,
      }),
    )
    await server.start()
    return server
  }

  /** Of the first of its processes, which the others are children of. */
  get pid(): number | undefined {
    return this.#process?.pid
  }

  async start(): Promise<void> {
    this.#process = this.#start()
    // Whoever calls this waits: without an answer nothing goes on.
    while (!(await answers(this.url))) {
      // It ends at once where processes of the one that was killed are not all gone yet.
      if (this.#process.exitCode !== null) this.#process = this.#start()
      await pause(50)
    }
  }

  /** Sends a signal to all of its processes. */
  signal(signal: NodeJS.Signals): void {
    const { pid } = this.#process ?? {}
    if (pid !== undefined) process.kill(-pid, signal)
  }

  /** Ends it at once, without writing anything more. */
  async kill(): Promise<void> {
    const ended = this.#process && new Promise((resolve) => this.#process?.once('exit', resolve))
    this.signal('SIGKILL')
    await ended
    this.#process = undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process) await this.kill()
    await rm(this.#directory, { recursive: true, force: true })
  }
}
