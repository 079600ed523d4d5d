import { mergeConfig } from 'vitest/config'
import base from '../../vitest.base.js'

// Some files replace globals and modules for good.
export default mergeConfig(base, { test: { isolate: true } })
