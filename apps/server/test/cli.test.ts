import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readConfig } from '../src/config/config.js'
import { launch, launchOn } from './server-process.js'

const FLAGS = {
  '--host': 'TALUS_HOST',
  '--port': 'TALUS_PORT',
  '--data-dir': 'TALUS_DATA_DIR',
  '--templates-dir': 'TALUS_TEMPLATES_DIR',
  '--durability': 'TALUS_DURABILITY',
  '--cors-origins': 'TALUS_CORS_ORIGINS',
  '--allowed-hosts': 'TALUS_ALLOWED_HOSTS',
  '--trust-proxy': 'TALUS_TRUST_PROXY',
  '--tls-cert': 'TALUS_TLS_CERT',
  '--tls-key': 'TALUS_TLS_KEY',
  '--log-level': 'TALUS_LOG_LEVEL',
  '--docs': 'TALUS_DOCS',
  '--insecure': 'TALUS_INSECURE',
  '--idle-minutes': 'TALUS_IDLE_MINUTES',
  '--retain-entries': 'TALUS_RETAIN_ENTRIES',
  '--retain-days': 'TALUS_RETAIN_DAYS',
  '--metrics-port': 'TALUS_METRICS_PORT',
  '--metrics-host': 'TALUS_METRICS_HOST',
  '--metrics-token': 'TALUS_METRICS_TOKEN',
  '--audit-log': 'TALUS_AUDIT_LOG',
  '--otlp-endpoint': 'TALUS_OTLP_ENDPOINT',
  '--trace-ratio': 'TALUS_TRACE_RATIO',
}

const newFolder = () => mkdtemp(join(tmpdir(), 'talus-cli-'))

test('[AUTH1] --help names every flag and its variable, and every command, and starts nothing', async () => {
  const { code, stdout, stderr } = await launch(['--port', 'none', '--help']).ended
  expect([code, stderr]).toEqual([0, ''])
  for (const [flag, variable] of Object.entries(FLAGS)) {
    expect(stdout).toMatch(new RegExp(`^ +${flag}\\b[^]*?\\n +${variable}$`, 'm'))
  }
  for (const name of ['inspect', 'verify', 'backup', 'restore']) {
    expect(stdout).toContain(`talus-server ${name} `)
  }
})

test('[VER1] --version prints the version of the package', async () => {
  const { version } = JSON.parse(
    await readFile(new URL('../package.json', import.meta.url), 'utf8'),
  ) as { version: string }
  const { code, stdout, stderr } = await launch(['--version']).ended
  expect([code, stdout, stderr]).toEqual([0, `${version}\n`, ''])
})

test('[AUTH1] the first line of output is JSON with a loopback url; all else goes to stderr', async () => {
  const dataDir = await newFolder()
  await using server = await launchOn(dataDir)
  const greeting = JSON.parse(await server.greeting) as Record<string, unknown>
  expect(greeting).toEqual({
    url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:[1-9]\d*$/),
    data_dir: dataDir,
  })
  const health = await fetch(`${server.url}/api/v1/health`)
  expect(health.status).toBe(200)
  server.kill('SIGINT')
  const { code, stdout, stderr } = await server.ended
  expect(code).toBe(0)
  expect(stdout.trimEnd().split('\n')).toHaveLength(1)
  expect(stderr).toContain(server.url)
  expect(stderr).toContain(`${server.url}/docs/`)
})

test('[AUTH1] logs go to stderr', async () => {
  const templates = await newFolder()
  await writeFile(join(templates, 'broken.yaml'), 'node_types: 1')
  const args = ['--port', '0', '--data-dir', await newFolder(), '--templates-dir', templates]
  await using server = launch(args)
  await server.greeting
  server.kill('SIGTERM')
  const { stdout, stderr } = await server.ended
  expect(stderr).toContain('broken.yaml')
  expect(stdout).not.toContain('broken.yaml')
})

/** Flags with values that cannot be, and what the message says is expected. */
const INVALID: [flag: keyof typeof FLAGS, value: string, expected: string][] = [
  ['--port', 'http', 'a whole number from 0 to 65535'],
  ['--port', '65536', 'a whole number from 0 to 65535'],
  ['--port', '-1', 'a whole number from 0 to 65535'],
  ['--port', '5e3', 'a whole number from 0 to 65535'],
  ['--durability', 'some', 'one of full, normal'],
  ['--log-level', 'loud', 'one of fatal, error, warn, info, debug, silent'],
  ['--idle-minutes', '-1', 'a whole number from 0'],
  ['--retain-entries', '0', 'a whole number from 1'],
  ['--retain-days', '1.5', 'a whole number from 1'],
  ['--metrics-port', '65536', 'a whole number from 0 to 65535'],
  ['--otlp-endpoint', 'collector:4318', 'an http or https URL'],
  ['--host', '0.0.0.0', 'a loopback address'],
  ['--host', '::', 'a loopback address'],
  ['--host', '192.168.0.1', 'a loopback address'],
]

test.each(INVALID)('[AUTH1] %s=%s is refused, as a flag and as a variable', (...row) => {
  const [flag, value, expected] = row
  const variable = FLAGS[flag]
  for (const config of [
    readConfig([`${flag}=${value}`], {}),
    readConfig([], { [variable]: value }),
  ]) {
    const message = config.ok ? '' : config.error.message
    for (const part of [flag, variable, `'${value}'`, expected]) expect(message).toContain(part)
  }
})

test('[AUTH1] a server whose settings are refused says so and ends with 2', async () => {
  for (const { ended } of [launch(['--port=http']), launch([], { TALUS_PORT: 'http' })]) {
    const { code, stdout, stderr } = await ended
    expect([code, stdout]).toEqual([2, ''])
    for (const part of ['--port', 'TALUS_PORT', "'http'"]) expect(stderr).toContain(part)
  }
})

test.each([
  [
    'TALUS_INSECURE takes true and false only',
    [],
    { TALUS_INSECURE: 'yes' },
    ['--insecure', 'TALUS_INSECURE', "'yes'", 'true, false'],
  ],
  ['an empty --data-dir is refused', ['--data-dir', ''], {}, ['--data-dir']],
  ['an empty --host is refused', ['--host', ''], {}, ['--host']],
  ['a flag that there is not is refused with a hint', ['--prot', '5000'], {}, ['--help']],
  ['a word is refused with a hint', ['serve'], {}, ['--help']],
  ['a flag without its value is refused with a hint', ['--port'], {}, ['--help']],
  [
    '--trace-ratio is a share',
    ['--otlp-endpoint', 'http://localhost:4318', '--trace-ratio', '2'],
    {},
    ['a number from 0 to 1'],
  ],
])('[AUTH1] %s', (_title, args, env: NodeJS.ProcessEnv, parts) => {
  const config = readConfig(args, env)
  const message = config.ok ? '' : config.error.message
  for (const part of parts) expect(message).toContain(part)
})

test('[AUTH1] a flag goes before its variable, and a variable before the default', async () => {
  const [byFlag, byVariable] = [await newFolder(), await newFolder()]
  const variables = { TALUS_DATA_DIR: byVariable, TALUS_PORT: '0' }
  await using first = launch(['--data-dir', byFlag], variables)
  expect(JSON.parse(await first.greeting)).toMatchObject({ data_dir: byFlag })
  await using second = launch([], variables)
  expect(JSON.parse(await second.greeting)).toMatchObject({ data_dir: byVariable })
})

test('[AUTH1] beyond loopback the server listens with --insecure only', async () => {
  const args = ['--host', '0.0.0.0', '--port', '0', '--data-dir', await newFolder()]
  expect(await launch(args).ended).toMatchObject({ code: 2, stdout: '' })
  await using server = launch([...args, '--insecure'])
  expect(JSON.parse(await server.greeting)).toMatchObject({
    url: expect.stringContaining('http://0.0.0.0:'),
  })
})

test('[AUTH1] a port that is taken is named', async () => {
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  const { port } = taken.address() as AddressInfo
  const args = ['--port', String(port), '--data-dir', await newFolder()]
  const { code, stdout, stderr } = await launch(args).ended
  taken.close()
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toContain(`127.0.0.1:${port}`)
  expect(stderr).toContain('--port')
})

test('a port of the metrics that is taken is named', async () => {
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  const { port } = taken.address() as AddressInfo
  const args = ['--port', '0', '--metrics-port', String(port), '--data-dir', await newFolder()]
  const { code, stderr } = await launch(args).ended
  taken.close()
  expect([code, stderr]).toEqual([1, expect.stringContaining(`127.0.0.1:${port}`)])
  expect(stderr).toContain('--metrics-port')
})

/** Places where no data can be kept. */
const UNWRITABLE: [title: string, place: () => Promise<string>][] = [
  [
    'a file',
    async () => {
      const file = join(await newFolder(), 'file')
      await writeFile(file, '')
      return file
    },
  ],
  [
    'below a file',
    async () => {
      const file = join(await newFolder(), 'file')
      await writeFile(file, '')
      return join(file, 'data')
    },
  ],
  ['in /proc', async () => '/proc/talus'],
  [
    'a folder with a folder in place of the database',
    async () => {
      const folder = await newFolder()
      await mkdir(join(folder, 'talus.db'))
      return folder
    },
  ],
]

test.each(UNWRITABLE)(
  '[CMD1] a data folder that is %s is named, in words',
  async (_title, place) => {
    const dataDir = await place()
    const { code, stdout, stderr } = await launch(['--port', '0', '--data-dir', dataDir]).ended
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain(dataDir)
    expect(stderr).not.toMatch(/^ +at /m)
  },
)

test('[CMD1] a second server on the same data is refused, and the first goes on', async () => {
  const dataDir = await newFolder()
  await using first = await launchOn(dataDir)
  const { code, stdout, stderr } = await launch(['--port', '0', '--data-dir', dataDir]).ended
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toContain(dataDir)
  expect((await fetch(`${first.url}/api/v1/ready`)).status).toBe(200)
})
