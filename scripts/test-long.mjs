import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'

// Runs what takes too long for `pnpm test`: the files named `*.long.test.ts`, random tests with more
// other inputs, the whole of some matrices, and tests of the server on two servers. Wants everything built. Begins nothing when the minutes are over; what was
// not begun is named and is no failure.
const { values } = parseArgs({
  args: process.argv.slice(2).filter((arg) => arg !== '--'),
  options: {
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string', default: '2' },
  },
})
const minutes = Number(values.minutes)
if (!(minutes > 0)) throw new Error(`--minutes is a number above 0, not ${values.minutes}`)

const folders = ['packages', 'apps'].flatMap((parent) =>
  readdirSync(parent).map((name) => join(parent, name)),
)
const longFiles = folders.flatMap((folder) => {
  const tests = join(folder, 'test')
  if (!existsSync(tests)) return []
  return readdirSync(tests, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.long\.test\.tsx?$/.test(path))
    .map((path) => ({ folder, file: join('test', path), env: { TALUS_TESTS: 'long' } }))
})

const randomTests = [
  {
    folder: 'packages/client',
    file: 'test/replica.fuzz.test.ts',
    env: { TALUS_FUZZ_SEEDS: '1000' },
  },
  {
    folder: 'packages/client',
    file: 'test/convergence.fuzz.test.ts',
    env: { TALUS_FUZZ_SEEDS: '60' },
  },
  { folder: 'packages/graph', file: 'test/rules-model.test.ts', env: { TALUS_MODEL_RUNS: '1000' } },
  { folder: 'apps/server', file: 'test/convergence.test.ts', env: { TALUS_FUZZ_SEEDS: '60' } },
  { folder: 'apps/server', file: 'test/nodes-faults.test.ts', env: { TALUS_FUZZ_SEEDS: '12' } },
  {
    folder: 'apps/server',
    file: 'test/packet-fuzz.test.ts',
    env: { TALUS_FUZZ_INPUTS: '30000', TALUS_FUZZ_SEED: values.seed },
  },
  {
    folder: 'apps/server',
    file: 'test/rest-fuzz.test.ts',
    env: { TALUS_FUZZ_INPUTS: '30000', TALUS_FUZZ_SEED: values.seed },
  },
]

// Tests over a product of cases, of which `pnpm test` takes a part.
const matrices = [
  'apps/runtimes/test/runtimes.test.ts',
  'apps/studio/test/start.test.ts',
  ...[
    'access-pairs',
    'access-table',
    'bad-input',
    'crash',
    'disk-faults',
    'journal',
    'journal-model',
    'journal-sqlite-crash',
    'patterns',
  ].map((name) => `apps/server/test/${name}.test.ts`),
].map((path) => {
  const [parent, name, ...file] = path.split('/')
  return { folder: join(parent, name), file: file.join('/'), env: { TALUS_MATRIX: 'whole' } }
})

// What clients see of a server, with two servers that share them by chance. Left out: files whose clock is
// stopped or counted by one server, those that look into its data folder, and those that ask what another
// server learns a moment later: changed roles, used rates, and that a session's project was deleted.
const onTwoServers = {
  folder: 'apps/server',
  file: [
    'access-loads',
    'access-races',
    'access-rules',
    'batch',
    'deletion-races',
    'errors',
    'graph-reads',
    'hidden-values',
    'history',
    'idempotency',
    'projects-import',
    'projects-once',
    'projects-save-load',
    'projects-wire',
    'rest',
    'restore',
    'resume',
    'resume-stored',
    'search',
    'sessions',
    'time-travel',
    'undo-conflicts',
    'undo-stacks',
  ].map((name) => `test/${name}.test.ts`),
  env: { TALUS_TEST_STORE: 'nodes' },
}

function run({ folder, file, env }) {
  const files = [file].flat()
  const set = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  console.log(`\n> ${folder}: ${set.join(' ')} vitest run ${files.join(' ')}`)
  // Without the JSON reporter: the report of the run before is kept.
  const args = ['exec', 'vitest', 'run', '--reporter=default', ...files]
  const { status, error } = spawnSync('pnpm', args, {
    cwd: folder,
    stdio: 'inherit',
    env: { ...process.env, ...env },
    shell: process.platform === 'win32',
  })
  if (error) console.error(error.message)
  return status === 0
}

// Begins elsewhere each day, so that a short time reaches all of them in the end.
const all = [...longFiles, ...randomTests, ...matrices, onTwoServers]
const first = Math.floor(Date.now() / 86_400_000) % all.length
const steps = [...all.slice(first), ...all.slice(0, first)]

const began = performance.now()
const failed = []
const left = []
for (const step of steps) {
  if (performance.now() - began > minutes * 60_000) left.push(step)
  else if (!run(step)) failed.push(step)
}
const named = (some) =>
  some
    .flatMap(({ file }) => file)
    .map((file) => basename(file))
    .join(', ')
const ran = steps.length - left.length
console.log(`\nlong tests: ${ran} of ${steps.length} steps, ${failed.length} failed`)
if (left.length > 0) console.log(`not begun: ${named(left)}`)
if (failed.length > 0) console.error(`failed: ${named(failed)}`)
process.exitCode = failed.length > 0 ? 1 : 0
