import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'

// The fuzz tests of every run, with as many inputs as are asked for.
const { values } = parseArgs({
  args: process.argv.slice(2).filter((arg) => arg !== '--'),
  options: {
    inputs: { type: 'string', default: '500000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})

/** @param {string} command @param {string[]} args @param {NodeJS.ProcessEnv} more */
function run(command, args, more = {}) {
  const { status, error } = spawnSync(command, args, {
    stdio: 'inherit',
    env: { ...process.env, ...more, TURBO_TELEMETRY_DISABLED: '1' },
    shell: process.platform === 'win32',
  })
  if (error) console.error(error.message)
  if (status !== 0) process.exit(status ?? 1)
}

console.log(`seed ${values.seed}, ${values.inputs} inputs each for packets and for REST`)
run('turbo', ['run', 'build', '--filter=@talus/server', '--output-logs=errors-only'])
run('pnpm', ['--filter', '@talus/server', 'exec', 'vitest', 'run', 'packet-fuzz', 'rest-fuzz'], {
  TALUS_FUZZ_INPUTS: values.inputs,
  TALUS_FUZZ_SEED: values.seed,
})
