import { mergeConfig } from 'vitest/config'
import base from '../../vitest.base.js'

// Not every file has been shown to leave its worker as it found it.
export default mergeConfig(base, { test: { isolate: true } })
