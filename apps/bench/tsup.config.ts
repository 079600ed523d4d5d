import { defineConfig } from 'tsup'

export default defineConfig({
  entry: {
    main: 'src/main.ts',
    'floor-server': 'src/floor-server.ts',
    'firehose-server': 'src/firehose-server.ts',
    'queue-colleague': 'src/sizes/queue-colleague.ts',
    'loop-watch': 'src/sizes/loop-watch.ts',
    'ping-worker': 'src/sizes/ping-worker.ts',
  },
  format: 'esm',
  target: 'es2023',
  platform: 'node',
  sourcemap: true,
  clean: true,
})
