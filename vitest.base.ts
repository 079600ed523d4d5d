import { defineConfig } from 'vitest/config'

/** Only ends what hangs: no test measures time, and a busy machine is no failure. */
const HANGS_AFTER_MS = 180_000

export default defineConfig({
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    passWithNoTests: true,
    testTimeout: HANGS_AFTER_MS,
    hookTimeout: HANGS_AFTER_MS,
    reporters: ['default', ['json', { outputFile: 'reports/vitest.json' }]],
  },
})
