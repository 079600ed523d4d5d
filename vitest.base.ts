import { defineConfig } from 'vitest/config'

/** Only ends what hangs: no test measures time, and a busy machine is no failure. */
const HANGS_AFTER_MS = 180_000

const LONG = 'test/**/*.long.test.{ts,tsx}'
/** What `pnpm test:long` runs instead of the rest. */
const isLong = process.env.TALUS_TESTS === 'long'

export default defineConfig({
  test: {
    include: isLong ? [LONG] : ['test/**/*.test.{ts,tsx}'],
    exclude: isLong ? [] : [LONG],
    passWithNoTests: true,
    testTimeout: HANGS_AFTER_MS,
    hookTimeout: HANGS_AFTER_MS,
    expect: { poll: { timeout: HANGS_AFTER_MS } },
    reporters: ['default', ['json', { outputFile: 'reports/vitest.json' }]],
  },
})
