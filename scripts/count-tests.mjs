import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

// Sums the report that each package's vitest run leaves (vitest.base.ts): what passed and failed, and
// how long the files of each package took, one after the other.
const SLOWEST = 20

const folders = ['packages', 'apps'].flatMap((parent) =>
  readdirSync(parent).map((name) => join(parent, name)),
)
const tested = [...folders, 'examples'].filter((dir) => existsSync(join(dir, 'vitest.config.ts')))
const seconds = (ms) => `${(ms / 1_000).toFixed(0)} s`

let passed = 0
let failed = 0
const missing = []
const files = []
// Told again at the end, as the lines of the packages that ran beside it stand between.
const failures = []
const firstLines = (message) => message.split('\n').slice(0, 12).join('\n    ')
for (const folder of tested) {
  const path = join(folder, 'reports/vitest.json')
  if (!existsSync(path)) {
    missing.push(path)
    continue
  }
  const report = JSON.parse(readFileSync(path, 'utf8'))
  passed += report.numPassedTests
  failed += report.numFailedTests
  // A file that does not even load has failed without a failed test in it.
  failed += report.testResults.filter(
    (file) =>
      file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  ).length
  for (const file of report.testResults.filter(({ status }) => status === 'failed')) {
    const broken = file.assertionResults.filter(({ status }) => status === 'failed')
    if (broken.length === 0) failures.push(`${file.name}\n    ${firstLines(file.message)}`)
    for (const test of broken) {
      failures.push(
        `${file.name}: ${test.fullName}\n    ${firstLines(test.failureMessages.join('\n'))}`,
      )
    }
  }
  const own = report.testResults.map(({ name, startTime, endTime }) => ({
    name: basename(name),
    ms: endTime - startTime,
  }))
  files.push(...own)
  const total = own.reduce((sum, { ms }) => sum + ms, 0)
  console.log(`${folder}: ${own.length} files, ${seconds(total)}`)
}

const slowest = files.toSorted((a, b) => b.ms - a.ms).slice(0, SLOWEST)
console.log(`slowest: ${slowest.map(({ name, ms }) => `${name} ${seconds(ms)}`).join(', ')}`)
for (const failure of failures) console.log(`failed: ${failure}`)
if (missing.length > 0) console.error(`not run, no report: ${missing.join(', ')}`)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 || missing.length > 0 ? 1 : 0
