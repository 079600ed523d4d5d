import { spawn } from 'node:child_process'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from './postgres-server.js'
import { REDIS } from './programs.js'

/** Whether a Redis answers there. */
export async function hasRedis(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => socket.write('PING\r\n'))
    socket.on('data', (data) => {
      socket.destroy()
      resolve(data.toString().startsWith('+PONG'))
    })
    socket.on('error', () => resolve(false))
  })
}

/** A Redis of its own, which keeps nothing. */
export async function startRedis(): Promise<
  AsyncDisposable & { url: string; pid: number | undefined }
> {
  const port = await freePort()
  const options = ['--port', String(port), '--save', '', '--appendonly', 'no']
  const server = spawn(REDIS, [...options, '--bind', '127.0.0.1'], { stdio: 'ignore' })
  const failed = new Promise<never>((_, reject) => server.once('error', reject))
  const url = `redis://127.0.0.1:${port}`
  const answering = (async () => {
    while (!(await hasRedis(url))) await pause(50)
  })()
  await Promise.race([answering, failed])
  return {
    url,
    pid: server.pid,
    async [Symbol.asyncDispose]() {
      const ended = new Promise((resolve) => server.once('exit', resolve))
      server.kill()
      await ended
    },
  }
}
