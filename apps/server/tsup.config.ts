import { defineConfig } from 'tsup'

export default defineConfig({
  entry: [
    'src/main.ts',
    'src/index.ts',
    'src/testing.ts',
    'src/limits/cost-table.ts',
    'src/journal/sqlite-worker.ts',
    'src/journal/checkpoint-worker.ts',
    'src/parsing/parse-worker.ts',
  ],
  format: 'esm',
  target: 'es2023',
  platform: 'node',
  sourcemap: true,
  clean: true,
})
