import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { RawClient } from './harness.js'
import { launch } from './server-process.js'

const OURS = 'https://ours.example'
const FOREIGN = 'https://foreign.example'

async function serverForOurs() {
  const dataDir = await mkdtemp(join(tmpdir(), 'talus-origins-'))
  const server = launch(['--port', '0', '--data-dir', dataDir, '--cors-origins', OURS])
  const { url } = JSON.parse(await server.greeting) as { url: string }
  return Object.assign(server, { url })
}

test('[AUTH1] with --cors-origins a page of another origin may read nothing', async () => {
  await using server = await serverForOurs()
  const allowed = async (path: string, origin: string) => {
    const response = await fetch(server.url + path, { headers: { origin } })
    return response.headers.get('access-control-allow-origin')
  }
  expect(await allowed('/api/v1/health', OURS)).toBe(OURS)
  expect(await allowed('/api/v1/health', FOREIGN)).not.toBe(FOREIGN)
  expect(await allowed('/socket.io/?EIO=4&transport=polling', OURS)).toBe(OURS)
  expect(await allowed('/socket.io/?EIO=4&transport=polling', FOREIGN)).not.toBe(FOREIGN)
})

test.each(['websocket', 'polling'])(
  '[AUTH1] with --cors-origins a page of another origin cannot connect by %s',
  async (transport) => {
    await using server = await serverForOurs()
    const connect = async (origin: string) => {
      const options = { transports: [transport], extraHeaders: { origin }, reconnection: false }
      const client = new RawClient(server.url, options)
      const connected = await client.connected().then(
        () => true,
        () => false,
      )
      client.socket.disconnect()
      return connected
    }
    expect(await connect(OURS)).toBe(true)
    expect(await connect(FOREIGN)).toBe(false)
  },
)
