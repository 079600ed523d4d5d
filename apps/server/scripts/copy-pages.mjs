import { cpSync, existsSync, rmSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'

// Built by packages that turbo runs first. The server brings its pages along.
const PAGES = { docs: '../../docs/dist/site', studio: '../../studio/dist/site' }

for (const [name, built] of Object.entries(PAGES)) {
  const site = fileURLToPath(new URL(built, import.meta.url))
  const place = fileURLToPath(new URL(`../dist/${name}`, import.meta.url))
  if (!existsSync(site)) throw new Error(`There is no ${site}; pnpm build makes it`)
  rmSync(place, { recursive: true, force: true })
  // What only tests read begins with a dot.
  const filter = (path) => !basename(path).startsWith('.')
  cpSync(site, place, { recursive: true, filter })
}
