import { lookup } from 'node:dns/promises'
import { copyFile, mkdtemp, readFile } from 'node:fs/promises'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connect, type PeerCertificate } from 'node:tls'
import { expect, test } from 'vitest'
import { quickApp, type TestApp } from './harness.js'
import { keptLog } from './log-lines.js'
import { launch } from './server-process.js'

const fixture = (name: string) => fileURLToPath(new URL(`fixtures/tls/${name}`, import.meta.url))

/** A folder with a certificate that may be renewed. */
async function certificateFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'talus-tls-'))
  const put = (name: string, part: 'cert' | 'key') =>
    copyFile(fixture(`${name}.${part}.pem`), join(folder, `${part}.pem`))
  await Promise.all([put('one', 'cert'), put('one', 'key')])
  const args = ['--tls-cert', join(folder, 'cert.pem'), '--tls-key', join(folder, 'key.pem')]
  return { args, put }
}

/** The name in the certificate that a new connection is shown. */
function nameShown({ url }: { url: string }): Promise<string> {
  const { port, hostname: written } = new URL(url)
  const hostname = written.replace(/^\[|\]$/g, '')
  return new Promise((resolve, reject) => {
    const socket = connect(
      { port: Number(port), host: hostname, rejectUnauthorized: false },
      () => {
        const { subject }: PeerCertificate = socket.getPeerCertificate()
        socket.end()
        resolve(String(subject.CN))
      },
    )
    socket.on('error', reject)
  })
}

function statusAt(host: string, port: number, path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const options = { host, port, path, rejectUnauthorized: false, agent: false }
    request(options, (response) => resolve(response.resume().statusCode))
      .on('error', reject)
      .end()
  })
}

async function get(url: string, ca: string): Promise<{ status?: number; headers: object }> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { ca, agent: false }, (response) => {
      response.resume()
      const { statusCode, headers } = response
      resolve({ ...(statusCode === undefined ? {} : { status: statusCode }), headers })
    })
    asked.on('error', reject).end()
  })
}

const big = 'x'.repeat(40_000)

async function editTogether(app: TestApp, options: object) {
  const [ann, ben] = [await app.client(options), await app.client(options)]
  await ann.join('s', { stream: 'changes' })
  await ben.join('s')
  const asked = Array.from({ length: 50 }, (_, i) =>
    ann.execute('s', 'CreateNode', {
      blueprint_type_id: 't',
      node_id: `n${i}`,
      properties: { text: `${i}${big}` },
    }),
  )
  const answers = await Promise.all(asked)
  await Promise.all([ann.settled(), ben.settled()])
  expect(answers.map(({ seq }) => seq)).toEqual(asked.map((_, i) => i + 1))
  const created = ben
    .of('node-created')
    .map(({ node }) => node as { id: string; properties: { text: string } })
  expect(created.map(({ id }) => id)).toEqual(asked.map((_, i) => `n${i}`))
  expect(created.every(({ properties }, i) => properties.text === `${i}${big}`)).toBe(true)
}

test.each(['websocket', 'polling'])('over TLS everybody sees all, by %s', async (transport) => {
  const { args } = await certificateFolder()
  await using app = await quickApp({ args })
  expect(app.url).toMatch(/^https:\/\//)
  const ca = await readFile(fixture('one.cert.pem'), 'utf8')
  await editTogether(app, { ca, transports: [transport] })
  const { status, headers } = await get(`${app.url}/api/v1/health`, ca)
  expect(status).toBe(200)
  expect(headers).toMatchObject({ 'strict-transport-security': expect.stringMatching(/max-age=/) })
})

test('versions of TLS before 1.2 are refused', async () => {
  const { args } = await certificateFolder()
  await using app = await quickApp({ args })
  const { port } = new URL(app.url)
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' } as const
  const options = { port: Number(port), rejectUnauthorized: false, ciphers: 'ALL:@SECLEVEL=0' }
  const shaken = (versions: object) =>
    new Promise<string | null>((resolve, reject) => {
      const socket = connect({ ...options, ...versions }, () => {
        resolve(socket.getProtocol())
        socket.end()
      })
      socket.on('error', reject)
    })
  await expect(shaken(old)).rejects.toThrow('alert protocol version')
  expect(await shaken({ maxVersion: 'TLSv1.2' })).toBe('TLSv1.2')
})

test('a renewed certificate counts for new connections, and a broken one does not', async () => {
  const { args, put } = await certificateFolder()
  const { logger, lines } = keptLog()
  await using app = await quickApp({ args, logger })
  const client = await app.client({ ca: await readFile(fixture('one.cert.pem'), 'utf8') })
  expect(await nameShown(app)).toBe('talus-test-one')
  await put('other', 'cert')
  app.renewCertificate?.()
  expect(await nameShown(app)).toBe('talus-test-one')
  expect(lines).toMatchObject([{ level: 50, msg: expect.stringContaining('cannot be renewed') }])
  await put('other', 'key')
  app.renewCertificate?.()
  expect(await nameShown(app)).toBe('talus-test-other')
  await client.join('s')
  expect(client.socket.connected).toBe(true)
})

test('SIGHUP has the certificate read again, and the ready line says https', async () => {
  const { args, put } = await certificateFolder()
  const dataDir = await mkdtemp(join(tmpdir(), 'talus-tls-'))
  await using server = launch(['--port', '0', '--data-dir', dataDir, ...args])
  const { url } = JSON.parse(await server.greeting) as { url: string }
  expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/)
  expect(await nameShown({ url })).toBe('talus-test-one')
  await Promise.all([put('other', 'cert'), put('other', 'key')])
  server.kill('SIGHUP')
  for (;;) if ((await nameShown({ url })) === 'talus-test-other') break
  server.kill('SIGTERM')
  expect(await server.ended).toMatchObject({ code: 0 })
})

test('for localhost, certificate and base path hold on the addresses of both families', async ({
  skip,
}) => {
  const { args, put } = await certificateFolder()
  await using app = await quickApp({
    args: [...args, '--host', 'localhost', '--base-path', '/talus'],
  })
  const port = Number(new URL(app.url).port)
  const addresses = (await lookup('localhost', { all: true })).map(({ address }) => address)
  if (addresses.length < 2) skip('localhost has one address here')
  const shown = () =>
    Promise.all(
      addresses.map((host) => {
        const name = host.includes(':') ? `[${host}]` : host
        return nameShown({ url: `https://${name}:${port}` })
      }),
    )
  expect(await shown()).toEqual(addresses.map(() => 'talus-test-one'))
  await Promise.all([put('other', 'cert'), put('other', 'key')])
  app.renewCertificate?.()
  expect(await shown()).toEqual(addresses.map(() => 'talus-test-other'))
  for (const host of addresses) {
    for (const path of ['/api/v1/health', '/socket.io/?EIO=4&transport=polling']) {
      for (const base of ['', '/talus']) {
        expect([host, base, await statusAt(host, port, base + path)]).toEqual([host, base, 200])
      }
    }
  }
})
