import { mergeConfig } from 'vitest/config'
import base from '../../vitest.base.js'

/**
 * Those that need a process of their own: one collects garbage at every step, which takes long where
 * much is loaded; the others end threads that use SQLite, which may end the process.
 */
const ALONE = ['idle-sessions', 'embed', 'journal-sqlite'].map((name) => `test/${name}.test.ts`)

const { reporters: _, passWithNoTests: __, include = [], exclude = [], ...each } = base.test ?? {}
const isLong = process.env.TALUS_TESTS === 'long'

export default mergeConfig(base, {
  test: {
    // Many of these tests wait: for processes that start, leases that end, connections that close.
    maxWorkers: 2,
    projects: [
      {
        test: {
          ...each,
          name: 'together',
          globalSetup: 'test/services.ts',
          // Files of one worker share what they import, which takes each of them two seconds to load.
          // None leaves a global behind: fake timers, spies and stubs end in the file that sets them.
          isolate: false,
          include,
          exclude: [...exclude, ...ALONE],
        },
      },
      {
        test: {
          ...each,
          name: 'alone',
          globalSetup: 'test/services.ts',
          include: isLong ? [] : ALONE,
        },
      },
    ],
  },
})
