import { defineConfig } from 'tsup'

export default defineConfig({
  entry: ['src/main.ts', 'src/floor-server.ts', 'src/firehose-server.ts'],
  format: 'esm',
  target: 'es2023',
  platform: 'node',
  sourcemap: true,
  clean: true,
})
