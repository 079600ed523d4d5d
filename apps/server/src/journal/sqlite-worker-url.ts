import { existsSync } from 'node:fs'

/**
 * Where the built worker is, seen from this module: bundled into a file of dist/, built file by
 * file next to it, or run from the sources by the tests. Node 20 cannot start a worker from
 * TypeScript, so the last case too needs the build; `turbo run test` makes it beforehand.
 */
const PLACES = [
  './journal/sqlite-worker.js',
  './sqlite-worker.js',
  '../../dist/journal/sqlite-worker.js',
]

export function workerUrl(): URL {
  const urls = PLACES.map((place) => new URL(place, import.meta.url))
  const built = urls.find((url) => existsSync(url))
  if (built === undefined) throw new Error(`Not built, run \`pnpm build\`: ${urls.join(', ')}`)
  return built
}
