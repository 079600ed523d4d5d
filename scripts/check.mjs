import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

const GENERATOR = 'packages/protocol/scripts/generate.mjs'
/** Files, and folders of nothing else. */
const GENERATED = [
  'packages/protocol/contract.json',
  'packages/protocol/ACCESS.md',
  'packages/client/API.md',
  'apps/docs/spec',
  'SECURITY.md',
  'examples/python/talus_types.py',
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

function filesOf(path) {
  if (!existsSync(path)) return []
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path).flatMap((name) => filesOf(join(path, name)))
}

const contents = () =>
  new Map(GENERATED.flatMap(filesOf).map((path) => [path, readFileSync(path, 'utf8')]))

/** Compares files rather than asking git, so that it also works in an unpacked archive. */
function checkGenerated() {
  if (!existsSync(GENERATOR)) return
  const before = contents()
  run('generate')
  const after = contents()
  const stale = [...new Set([...before.keys(), ...after.keys()])].filter(
    (path) => before.get(path) !== after.get(path),
  )
  if (stale.length > 0) {
    console.error(`\ncheck failed: was out of date, commit the new version: ${stale.join(', ')}`)
    process.exit(1)
  }
}

run('format:check')
run('figures')
// The type-aware rules of lint read the declarations that build writes.
run('build')
run('lint')
// `--tested`: all tests have passed, some of them only when they ran once more.
run(process.argv.includes('--tested') ? 'typecheck' : 'test')
checkGenerated()
run('check:contract')
run('check:packages')
run('knip')
console.log('\ncheck passed')
