import { expect, test } from 'vitest'
import { readConfig } from '../src/config/config.js'
import { graphLimitsOf } from '../src/config/limits.js'
import { SECRET } from './tokens.js'

function configOf(args: string[], env: NodeJS.ProcessEnv = {}) {
  const config = readConfig(args, env)
  if (!config.ok) throw new Error(config.error.message)
  return config.value
}

test('[LIM1] limits of size have defaults, flags and variables', () => {
  expect(configOf([]).limits).toEqual({
    messageBytes: 1_000_000,
    importBytes: 67_108_864,
    importValues: 2_000_000,
    jsonDepth: 100,
    jsonWidth: 10_000,
    nodes: 500_000,
    formerIds: 500_000,
    depth: 10_000,
    children: 100_000,
    properties: 1_000,
    valueBytes: 1_000_000,
    batch: 10_000,
    bufferedBytes: 16_777_216,
    pending: 20_000,
    largeReads: 4,
    members: 1_000,
    shareLinks: 1_000,
    presenceRate: 20,
  })
  const given = configOf(['--max-nodes', '7', '--max-depth', '0'], { TALUS_MAX_CHILDREN: '9' })
  expect(given.limits).toMatchObject({ nodes: 7, depth: Infinity, children: 9 })
  expect(graphLimitsOf(given.limits)).toMatchObject({ nodes: 7, children: 9 })
  expect(graphLimitsOf(given.limits)).not.toHaveProperty('depth')
})

test('[LIM6] rates are off in development, and on where callers are authenticated', () => {
  const off = { perSecond: Infinity, burst: Infinity }
  expect(configOf([]).rates).toMatchObject({
    messages: { perSecond: 2_000, burst: 20_000 },
    socketCommands: off,
    socketsPerUser: Infinity,
  })
  const { rates } = configOf(['--jwt-secret', SECRET])
  expect(rates).toMatchObject({
    messages: { perSecond: 1_000, burst: 10_000 },
    socketCommands: { perSecond: 1_000, burst: 5_000 },
    userCommands: { perSecond: 2_000, burst: 10_000 },
    sessionCommands: { perSecond: 5_000, burst: 20_000 },
    requests: { perSecond: 200, burst: 1_000 },
    handshakes: { perSecond: 100, burst: 2_000 },
    failedLogins: { perSecond: 5, burst: 50 },
    newSessions: { perSecond: 2, burst: 100 },
    socketsPerAddress: 2_000,
    socketsPerUser: 100,
    sessionsPerUser: 1_000,
  })
})

test('[LIM6] a rate is a number, or a number and a burst; 0 is none', () => {
  const env = { TALUS_COMMAND_RATE_PER_USER: '5:9', TALUS_JWT_SECRET: SECRET }
  const { rates } = configOf(['--command-rate-per-socket', '3', '--request-rate', '0'], env)
  expect(rates.socketCommands).toEqual({ perSecond: 3, burst: 3 })
  expect(rates.userCommands).toEqual({ perSecond: 5, burst: 9 })
  expect(rates.requests.perSecond).toBe(Infinity)
})

test.each([
  ['--max-nodes', 'many'],
  ['--max-json-depth', '1001'],
  ['--max-json-depth', '0'],
  ['--max-batch', '10001'],
  ['--presence-rate', '0'],
  ['--max-message-bytes', '999'],
  ['--command-rate-per-user', '5:'],
  ['--command-rate-per-user', '-5'],
  ['--max-sockets-per-user', '1.5'],
])('[LIM1] %s %s is refused, and said to be', (flag, value) => {
  const config = readConfig([`${flag}=${value}`], {})
  expect(config).toMatchObject({ ok: false, error: { code: 'BAD_REQUEST' } })
  expect(config).toMatchObject({ error: { message: expect.stringContaining(flag) } })
})
