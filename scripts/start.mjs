import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

// Standard output belongs to the server, so the build writes to standard error.
const build = spawnSync(
  'turbo',
  ['run', 'build', '--filter=@talus/server', '--output-logs=errors-only'],
  {
    stdio: ['ignore', 2, 2],
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1' },
    shell: process.platform === 'win32',
  },
)
if (build.status !== 0) {
  if (build.error) console.error(build.error.message)
  process.exit(build.status ?? 1)
}

// In this process rather than in a child, so that signals reach the server.
const main = new URL('../apps/server/dist/main.js', import.meta.url)
const args = process.argv.slice(2)
// `pnpm start -- --port 1` hands the separator on as well.
if (args[0] === '--') args.shift()
process.argv = [process.argv[0], fileURLToPath(main), ...args]
await import(main.href)
