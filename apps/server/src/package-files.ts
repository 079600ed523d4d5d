import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export function packageVersion(): string {
  const file = new URL('../package.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

/** The samples that ship with the package. */
export function sampleTemplates(): string {
  return fileURLToPath(new URL('../templates', import.meta.url))
}
