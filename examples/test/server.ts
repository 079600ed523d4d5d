import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../apps/server/dist/main.js', import.meta.url))

/** A running server with empty data. */
export type Server = { url: string; stop: () => Promise<void> }

/** `rest`: further arguments, such as where the data is. */
export async function startServer(rest: string[] = []): Promise<Server> {
  const dataDir = await mkdtemp(join(tmpdir(), 'talus-examples-'))
  const args = [MAIN, '--port', '0', '--data-dir', dataDir, ...rest]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] })
  const exited = once(child, 'exit')
  const line = once(createInterface({ input: child.stdout }), 'line')
  const [first] = (await Promise.race([line, exited.then(() => ['{}'])])) as [string]
  const { url } = JSON.parse(first) as { url?: string }
  if (url === undefined) throw new Error(`${MAIN} did not start; pnpm build makes it`)
  return {
    url,
    async stop() {
      child.kill()
      await exited
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
