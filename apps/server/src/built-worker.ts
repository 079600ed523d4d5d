import { existsSync } from 'node:fs'

/**
 * Where a built worker is, by its file below dist/, e.g. `journal/sqlite-worker.js`. This module is
 * bundled into a file of dist/, or run from the sources by the tests. Node 20 cannot start a worker
 * from TypeScript, so the last case too needs the build; `turbo run test` makes it beforehand.
 */
export function builtWorker(file: string): URL {
  const urls = [`./${file}`, `../dist/${file}`].map((place) => new URL(place, import.meta.url))
  const built = urls.find((url) => existsSync(url))
  if (built === undefined) throw new Error(`Not built, run \`pnpm build\`: ${urls.join(', ')}`)
  return built
}
