import { mergeConfig } from 'vitest/config'
import base from '../../vitest.base.js'

// Rendering the site takes twice as long with what React checks in development.
export default mergeConfig(base, {
  oxc: { jsx: { development: false } },
  test: { env: { NODE_ENV: 'production' } },
})
