import { defineConfig } from 'tsup'

export default defineConfig({
  entry: ['src/generate.ts', 'src/check-contract.ts', 'src/keep-release.ts', 'src/build-site.ts'],
  format: 'esm',
  target: 'es2023',
  platform: 'node',
  sourcemap: true,
  clean: true,
})
