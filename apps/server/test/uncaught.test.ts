import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { launch } from './server-process.js'

/** Loaded before the server: a fault of its own when the signal comes. */
function faultOnSignal(fault: string): string {
  const code = `process.on('SIGUSR2', () => { ${fault} })`
  return `--import=data:text/javascript,${encodeURIComponent(code)}`
}

test.each([
  ['uncaught exception', "throw new Error('a bug')"],
  ['unhandled rejection', "Promise.reject(new Error('a bug'))"],
])('[ERR1] after an %s the server ends in order, and says why', async (what, fault) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'talus-fault-'))
  await using server = launch(['--port', '0', '--data-dir', dataDir], {
    NODE_OPTIONS: faultOnSignal(fault),
  })
  const { url } = JSON.parse(await server.greeting) as { url: string }
  expect((await fetch(`${url}/api/v1/health`)).status).toBe(200)
  server.kill('SIGUSR2')
  const { code, stderr } = await server.ended
  expect(code).toBe(1)
  const lines = stderr.split('\n').filter((line) => line.startsWith('{'))
  const fatal = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(fatal).toContainEqual(
    expect.objectContaining({
      level: 60,
      msg: what,
      error_id: expect.stringMatching(/./),
      err: expect.objectContaining({ message: 'a bug' }),
    }),
  )
})

test('[ERR1] when the thread of the journal ends, the server does, with code 1', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'talus-fault-'))
  const code = `process.on('worker', (worker) => process.on('SIGUSR2', () => worker.terminate()))`
  await using server = launch(['--port', '0', '--data-dir', dataDir], {
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}`,
  })
  const { url } = JSON.parse(await server.greeting) as { url: string }
  expect((await fetch(`${url}/api/v1/ready`)).status).toBe(200)
  server.kill('SIGUSR2')
  const { code: exitCode, stderr } = await server.ended
  expect(exitCode).toBe(1)
  expect(stderr).toContain('the journal is lost')
  expect(stderr).toContain('thread of the journal has died')
})
