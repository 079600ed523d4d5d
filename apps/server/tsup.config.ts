import { defineConfig } from 'tsup'

export default defineConfig({
  entry: [
    'src/main.ts',
    'src/index.ts',
    'src/testing.ts',
    'src/limits/costs.ts',
    'src/journal/sqlite/write-thread.ts',
    'src/journal/sqlite/read-thread.ts',
    'src/projects/parse-worker.ts',
  ],
  format: 'esm',
  target: 'es2023',
  platform: 'node',
  sourcemap: true,
  clean: true,
  // Packages of many small modules: loading them one by one took a third of a start's CPU.
  noExternal: [/^@talus\//, /^typebox/],
  // Optional: only who needs them has them.
  external: ['pg', '@redis/client', /^@opentelemetry\//],
  // What is not written as a module among them asks for Node's own modules by `require`.
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  },
})
