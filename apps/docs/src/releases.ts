import { readdir, readFile, writeFile } from 'node:fs/promises'
import type { Contract } from './contract.js'
import { shapeOf } from './compatibility/shape.js'
import { compareVersions } from './compatibility/version-order.js'

/** The contracts of former releases, without prose and examples: `1.2.json`. */
const FOLDER = new URL('../../../packages/protocol/releases/', import.meta.url)

/** The contract of the last release. */
export async function lastRelease(): Promise<Contract> {
  const files = await readdir(FOLDER)
  const versions = files.map((file) => file.replace(/\.json$/, ''))
  const [last] = versions.toSorted((a, b) => compareVersions(b, a))
  if (last === undefined) throw new Error(`There is no release in ${FOLDER.pathname}`)
  return JSON.parse(await readFile(new URL(`${last}.json`, FOLDER), 'utf8')) as Contract
}

/** Keeps a contract as that of a release. */
export async function keepRelease(contract: Contract): Promise<void> {
  const file = new URL(`${contract.protocol_version}.json`, FOLDER)
  await writeFile(file, `${JSON.stringify(shapeOf(contract))}\n`)
}
