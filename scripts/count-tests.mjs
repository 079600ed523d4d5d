import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

// Sums the report that each package's vitest run leaves; see vitest.base.ts.
const folders = ['packages', 'apps'].flatMap((parent) =>
  readdirSync(parent).map((name) => join(parent, name)),
)
const tested = [...folders, 'examples'].filter((dir) => existsSync(join(dir, 'vitest.config.ts')))
const reports = tested.map((dir) => join(dir, 'reports/vitest.json'))

let passed = 0
let failed = 0
for (const path of reports.filter((path) => existsSync(path))) {
  const report = JSON.parse(readFileSync(path, 'utf8'))
  passed += report.numPassedTests
  failed += report.numFailedTests
  // A file that does not even load has failed without a failed test in it.
  failed += report.testResults.filter(
    (file) =>
      file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  ).length
}

const missing = reports.filter((path) => !existsSync(path))
if (missing.length > 0) console.error(`not run, no report: ${missing.join(', ')}`)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 || missing.length > 0 ? 1 : 0
