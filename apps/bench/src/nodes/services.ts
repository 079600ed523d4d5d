import { PostgresServer, runSql, startRedis } from '@talus/services'
import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { cpuSeconds } from '../cpu-time.js'
import type { Counters } from '../interval.js'

/** Room for the connections of all nodes that are measured in one run. */
const SETTINGS = [
  'max_connections=200',
  'shared_preload_libraries=pg_stat_statements',
  'shared_buffers=512MB',
]

type Redis = Awaited<ReturnType<typeof startRedis>>

/** USER_HZ, the unit of /proc/PID/stat. */
const TICKS_PER_SECOND = 100

/** A process: its parent, and seconds of CPU that it used, or its children that have ended. */
function processOf(pid: string) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name, in parentheses, may hold spaces; the parent is field 4, the times are 14 to 17.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [own = 0, kernel = 0, ended = 0, endedKernel = 0] = fields.slice(11, 15).map(Number)
  return {
    parent: Number(fields[1]),
    own: (own + kernel) / TICKS_PER_SECOND,
    ended: (ended + endedKernel) / TICKS_PER_SECOND,
  }
}

/** CPU seconds of a process and all of its children, those that have ended included. */
function cpuOfFamily(parent: number): number {
  const { own, ended } = processOf(String(parent))
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.reduce((sum, pid) => {
    try {
      const one = processOf(pid)
      return one.parent === parent ? sum + one.own : sum
    } catch {
      // It has ended meanwhile.
      return sum
    }
  }, own + ended)
}

/** One section of what Redis tells of itself, as numbers. */
function redisInfo(url: string): Promise<Map<string, number>> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write('INFO stats\r\nQUIT\r\n'))
    let text = ''
    socket.setEncoding('utf8').on('data', (part: string) => {
      text += part
    })
    socket.on('error', reject).on('close', () => {
      const lines = [...text.matchAll(/^(\w+):(\d+)\r$/gm)]
      resolve(new Map(lines.map(([, name = '', value]) => [name, Number(value)])))
    })
  })
}

/** A PostgreSQL and a Redis for the nodes that are measured: on the core of the generator. */
export class Services {
  readonly #postgres: PostgresServer
  readonly #redis: Redis
  #databases = 0
  /** Also of a run that fails: nothing is to go on running. */
  readonly #atExit = () => {
    this.#postgres.signal('SIGKILL')
    if (this.#redis.pid !== undefined) process.kill(this.#redis.pid, 'SIGKILL')
  }

  private constructor(postgres: PostgresServer, redis: Redis) {
    this.#postgres = postgres
    this.#redis = redis
    process.once('exit', this.#atExit)
  }

  static async start(): Promise<Services> {
    const postgres = await PostgresServer.create(...SETTINGS)
    const services = new Services(postgres, await startRedis())
    await runSql(postgres.url, 'create extension pg_stat_statements')
    return services
  }

  get redisUrl(): string {
    return this.#redis.url
  }

  /** Makes an empty database. */
  async newDatabase(): Promise<{ name: string; url: string }> {
    this.#databases += 1
    const name = `nodes_${this.#databases}`
    await runSql(this.#postgres.url, `create database ${name}`)
    const url = new URL(this.#postgres.url)
    url.pathname = `/${name}`
    return { name, url: url.href }
  }

  /** CPU seconds of both, statements of one database, and what Redis has carried. */
  async counters(database: string): Promise<Counters> {
    const [row] = await runSql<{ statements: number; appends: number }>(
      this.#postgres.url,
      `select coalesce(sum(calls), 0)::int as statements,
        coalesce(sum(calls) filter (where query like '%talus.append(%'), 0)::int as appends
      from pg_stat_statements s join pg_database d on d.oid = s.dbid
      where d.datname = '${database}'`,
    )
    const info = await redisInfo(this.redisUrl)
    return {
      statements: row?.statements ?? Number.NaN,
      appends: row?.appends ?? Number.NaN,
      postgresCpu: cpuOfFamily(this.#postgres.pid ?? 0),
      redisCpu: cpuSeconds(this.#redis.pid ?? 0),
      redisBytes: info.get('total_net_output_bytes') ?? Number.NaN,
      redisCommands: info.get('total_commands_processed') ?? Number.NaN,
    }
  }

  async stop(): Promise<void> {
    process.off('exit', this.#atExit)
    await this.#postgres[Symbol.asyncDispose]()
    await this.#redis[Symbol.asyncDispose]()
  }
}
