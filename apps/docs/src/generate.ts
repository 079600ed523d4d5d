import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { currentContract } from './contract.js'
import { specifications } from './specifications.js'

const folder = new URL('../spec/', import.meta.url)
const files = specifications(currentContract())

// What the contract no longer has leaves no file behind.
await rm(folder, { recursive: true, force: true })
for (const [path, text] of files) {
  const file = fileURLToPath(new URL(path, folder))
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
}
