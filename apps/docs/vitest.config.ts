import { mergeConfig } from 'vitest/config'
import base from '../../vitest.base.js'

export default mergeConfig(base, {
  // Rendering the site takes twice as long with what React checks in development.
  oxc: { jsx: { development: false } },
  test: {
    env: { NODE_ENV: 'production' },
    // The files share the site that the tests render: once in a worker, not once in each file.
    isolate: false,
  },
})
