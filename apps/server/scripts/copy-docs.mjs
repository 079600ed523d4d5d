import { cpSync, existsSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

// Built by `@talus/docs`, which turbo runs first. The package brings the documentation along.
const site = fileURLToPath(new URL('../../docs/dist/site', import.meta.url))
const place = fileURLToPath(new URL('../dist/docs', import.meta.url))

if (!existsSync(site)) throw new Error('There is no apps/docs/dist/site; pnpm build makes it')
rmSync(place, { recursive: true, force: true })
cpSync(site, place, { recursive: true })
