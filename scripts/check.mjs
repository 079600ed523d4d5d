import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

const GENERATOR = 'packages/protocol/scripts/generate.mjs'
const GENERATED = [
  'packages/protocol/contract.json',
  'packages/protocol/ACCESS.md',
  'packages/client/API.md',
]

/** Runs a root script; the first that fails ends the check with its exit code. */
function run(script) {
  console.log(`\n> ${script}`)
  const { status, error } = spawnSync('pnpm', ['run', script], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  if (error) console.error(error.message)
  if (status !== 0) {
    console.error(`\ncheck failed: ${script}`)
    process.exit(status ?? 1)
  }
}

const read = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined)

/** Compares files rather than asking git, so that it also works in an unpacked archive. */
function checkGenerated() {
  if (!existsSync(GENERATOR)) return
  const before = GENERATED.map(read)
  run('generate')
  const stale = GENERATED.filter((path, i) => read(path) !== before[i])
  if (stale.length > 0) {
    console.error(`\ncheck failed: was out of date, commit the new version: ${stale.join(', ')}`)
    process.exit(1)
  }
}

run('format:check')
// The type-aware rules of lint read the declarations that build writes.
run('build')
run('lint')
run('test')
checkGenerated()
run('check:packages')
run('knip')
console.log('\ncheck passed')
