import { mergeConfig } from 'vitest/config'
import base from '../../vitest.base.js'

// Tests start real servers, which takes seconds on a busy machine.
export default mergeConfig(base, { test: { testTimeout: 30_000, hookTimeout: 30_000 } })
