import { mergeConfig } from 'vitest/config'
import base from '../../vitest.base.js'

const isStored = process.env['TALUS_TEST_STORE'] !== undefined

export default mergeConfig(base, {
  test: isStored ? { globalSetup: '../server/test/services.ts' } : {},
})
