import { defineConfig } from 'tsup'

export default defineConfig({
  entry: ['src/**/*.ts'],
  // Module by module, so that what a browser bundle does not use is left out of it.
  bundle: false,
  format: 'esm',
  target: 'es2023',
  platform: 'neutral',
  sourcemap: true,
  clean: true,
})
