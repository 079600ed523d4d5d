import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'

// Runs the test files that have failed once more, each package after the other, with nothing beside
// them. Wants the reports of a whole run (vitest.base.ts), and leaves them as they are. Fails when a
// file fails again, and when what failed was no test: a build, a type, a package without a report.
const folders = ['packages', 'apps'].flatMap((parent) =>
  readdirSync(parent).map((name) => join(parent, name)),
)
const tested = [...folders, 'examples'].filter((dir) => existsSync(join(dir, 'vitest.config.ts')))

function failedIn(folder) {
  const path = join(folder, 'reports/vitest.json')
  if (!existsSync(path)) {
    console.error(`not run, no report: ${path}`)
    process.exit(1)
  }
  return JSON.parse(readFileSync(path, 'utf8'))
    .testResults.filter(({ status }) => status === 'failed')
    .map(({ name }) => relative(resolve(folder), name))
}

const failed = tested
  .map((folder) => [folder, failedIn(folder)])
  .filter(([, files]) => files.length > 0)
if (failed.length === 0) {
  console.error('what failed was no test')
  process.exit(1)
}
for (const [folder, files] of failed) {
  console.log(`\n> ${folder}: once more ${files.join(' ')}`)
  const args = ['exec', 'vitest', 'run', '--reporter=default', ...files]
  const options = { cwd: folder, stdio: 'inherit', shell: process.platform === 'win32' }
  if (spawnSync('pnpm', args, options).status !== 0) process.exit(1)
}
console.log(
  '\nwhat had failed depends on the clock or on chance: it passes once more, and is to be mended',
)
