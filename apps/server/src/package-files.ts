import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export function packageVersion(): string {
  const file = new URL('../package.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

/** The samples that ship with the package. */
export function sampleTemplates(): string {
  return fileURLToPath(new URL('../templates', import.meta.url))
}

/**
 * Where a built worker is, by its file below dist/, e.g. `journal/sqlite/write-thread.js`. This module is
 * bundled into a file of dist/, or run from the sources by the tests. Node 20 cannot start a worker
 * from TypeScript, so the last case too needs the build; `turbo run test` makes it beforehand.
 */
export function builtWorker(file: string): URL {
  const urls = [`./${file}`, `../dist/${file}`].map((place) => new URL(place, import.meta.url))
  const built = urls.find((url) => existsSync(url))
  if (built === undefined) throw new Error(`Not built, run \`pnpm build\`: ${urls.join(', ')}`)
  return built
}
