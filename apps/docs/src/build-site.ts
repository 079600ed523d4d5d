import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { readSources, SITE } from './read-sources.js'
import { renderSite } from './site/site.js'

const files = renderSite(readSources())

await rm(SITE, { recursive: true, force: true })
for (const [path, content] of files) {
  const file = join(SITE, path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, content)
}
