import { defineConfig } from 'tsup'

export default defineConfig({
  entry: [
    'src/index.ts',
    'src/react/index.ts',
    'src/node/index.ts',
    'src/raw/index.ts',
    'src/templates/index.ts',
  ],
  format: 'esm',
  target: 'es2023',
  platform: 'neutral',
  sourcemap: true,
  clean: true,
})
