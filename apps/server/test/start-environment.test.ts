import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { access, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { StorageError } from '../src/errors.js'
import { storageAdvice, storageCause } from '../src/journal/causes.js'
import { temporaryDirectory } from './journal-directory.js'
import { launch, launchOn } from './server-process.js'

/** Mounts a small file system; undefined where that is not permitted. */
function mounted(path: string, options: string) {
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path])
  return status === 0 ? { [Symbol.dispose]: () => spawnSync('umount', [path]) } : undefined
}

/** What a server that cannot start says, which is a sentence and no stack. */
async function refusal(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await launch(['--port', '0', ...args]).ended
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).not.toMatch(/^ {4}at /m)
  return stderr
}

describe('a place that cannot hold the data is refused at the start', () => {
  test('a file in place of the folder, or above it', async () => {
    await using directory = await temporaryDirectory()
    const file = join(directory.path, 'file')
    await writeFile(file, '')
    for (const place of [file, join(file, 'below')]) {
      const said = await refusal('--data-dir', place)
      expect(said).toContain(`cannot be kept in ${place}: a file is in the place of a folder`)
    }
  })

  test('a read-only file system', async ({ skip }) => {
    await using directory = await temporaryDirectory()
    using disk = mounted(directory.path, 'ro')
    skip(disk === undefined, 'no file system can be mounted here')
    const place = join(directory.path, 'data')
    for (const dir of [directory.path, place]) {
      expect(await refusal('--data-dir', dir)).toContain('it is read-only (EROFS): mount it')
    }
  })

  test('a full disk, also where a server has run; it starts when there is space', async ({
    skip,
  }) => {
    await using directory = await temporaryDirectory()
    using disk = mounted(directory.path, 'size=4m')
    skip(disk === undefined, 'no file system can be mounted here')
    {
      await using first = await launchOn(directory.path)
      first.kill('SIGTERM')
      await first.ended
    }
    const ballast = join(directory.path, 'ballast')
    const filling = spawnSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=4k'])
    expect(filling.status).not.toBe(0)
    expect(await refusal('--data-dir', directory.path)).toMatch(/the disk is full \(\w+\): make/)
    spawnSync('rm', [ballast])
    await using again = await launchOn(directory.path)
    expect((await fetch(`${again.url}/api/v1/ready`)).status).toBe(200)
  })
})

test.each([
  [Object.assign(new Error('x'), { code: 'EACCES' }), /this user may not write there \(EACCES\)/],
  [new StorageError('y', { cause: Object.assign(new Error(), { code: 'EDQUOT' }) }), /is full/],
  [new StorageError('attempt to write a readonly database (SQLITE_READONLY)'), /read-only/],
  [new StorageError('disk I/O error (SQLITE_IOERR_LOCK)'), /network file system/],
  [Object.assign(new Error(), { code: 'ESTALE' }), /fails \(ESTALE\)/],
  [
    Object.assign(new Error('ETIMEDOUT: connection timed out, write'), { code: 'ETIMEDOUT' }),
    /the disk or its connection fails \(ETIMEDOUT\)/,
  ],
  [
    Object.assign(new Error('connect ETIMEDOUT 10.0.0.1:5432'), { code: 'ETIMEDOUT' }),
    /the host of the database cannot be reached \(ETIMEDOUT\)/,
  ],
])('a failure of the file system is told in words: %s', (error, words) => {
  expect(storageAdvice(error)).toMatch(words)
  expect(storageCause(error)).not.toMatch(/\/|chown/)
})

test('what is not known keeps its own words', () => {
  expect(storageAdvice(new Error('talus.db is not a journal (SQLITE_NOTADB)'))).toBeUndefined()
})

describe('what else cannot work is refused in a sentence', () => {
  test('a port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    await using directory = await temporaryDirectory()
    const said = await refusal('--port', `${port}`, '--data-dir', directory.path)
    expect(said).toContain(`127.0.0.1:${port} is taken by another process`)
    server.close()
  })

  test.each(['no.such.name.invalid', '203.0.113.7'])('the host %s', async (host) => {
    await using directory = await temporaryDirectory()
    const said = await refusal('--insecure', '--host', host, '--data-dir', directory.path)
    expect(said).toContain(host)
    expect(said).toContain('Check --host')
  })
})

describe.skipIf(process.platform === 'win32')('signals', () => {
  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('%s ends in order with 0', async (signal) => {
    await using directory = await temporaryDirectory()
    await using server = await launchOn(directory.path)
    server.kill(signal)
    const { code, stderr } = await server.ended
    expect([code, stderr]).toEqual([0, expect.stringContaining(`${signal}: finishing`)])
  })

  test('one that comes while the server starts ends it, too', async () => {
    await using directory = await temporaryDirectory()
    const server = launch(['--port', '0', '--data-dir', directory.path])
    await expect
      .poll(
        () =>
          access(join(directory.path, 'talus.db')).then(
            () => true,
            () => false,
          ),
        {
          interval: 1,
        },
      )
      .toBe(true)
    server.kill('SIGTERM')
    expect((await server.ended).code).toBe(0)
    await using again = await launchOn(directory.path)
    expect(again.url).toContain('http')
  })

  test('a second one ends at once, whatever is on its way', async () => {
    await using directory = await temporaryDirectory()
    await using server = await launchOn(directory.path)
    // A body that never ends keeps the server for as long as it may.
    const { hostname, port } = new URL(server.url)
    const headers = { 'content-type': 'application/json', expect: '100-continue' }
    const slow = request({
      host: hostname,
      port,
      method: 'POST',
      path: '/api/v1/sessions',
      headers,
    })
    slow.on('error', () => undefined).flushHeaders()
    await once(slow, 'continue')
    server.kill('SIGTERM')
    await expect.poll(() => server.stderr()).toContain('finishing')
    await new Promise((resolve) => setTimeout(resolve, 400))
    server.kill('SIGINT')
    const { code, stderr } = await server.ended
    slow.destroy()
    expect([code, stderr]).toEqual([1, expect.stringContaining('SIGINT again: ending at once')])
  })
})
