import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { apiMarkdown } from '../scripts/api-markdown.mjs'
import { describePackage } from '../scripts/api-reference.mjs'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'talus-api-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function write(name: string, text: string): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}

/** Of a package whose entry point hands on a part of one module. */
async function reference(text: string, exported = '{ Door, open }'): Promise<string> {
  write('door.d.ts', text)
  const file = write('index.d.ts', `export type ${exported} from './door.js';`)
  const entries = await describePackage({
    entryPoints: [{ specifier: 'house', file }],
    locate: (specifier: string) =>
      specifier.startsWith('.') ? join(folder, specifier.replace('.js', '.d.ts')) : undefined,
  })
  return apiMarkdown('# API', entries)
}

const DOOR = `import type { Metal } from 'metal';
type Key = { metal: Metal };
/** A way in. */
export declare class Door {
    #private;
    /** Not for others. */
    constructor(key: Key);
    /** Its width, in metres. */
    readonly width: number;
    /** Locks it. Throws when it is open. */
    lock(key: Key): void;
}
/** Opens a door. */
export declare function open(door: Door): void;
`

test('shows signatures, docstrings, members, and what they need, with links between names', async () => {
  const text = await reference(DOOR)
  expect(text).toContain('- [`house`](#house): [Door](#door), [open](#open)')
  expect(text).toContain(
    '### open()\n\n```ts\nfunction open(door: Door): void\n```\n\nOpens a door.',
  )
  expect(text).toContain('See [Door](#door).')
  expect(text).toContain('#### Door.lock\n\n```ts\nlock(key: Key): void\n```\n\nLocks it. Throws')
  expect(text).toContain('where\n\n```ts\ntype Key = { metal: Metal }\n```')
  expect(text).toContain('See of `metal`: `Metal`.')
})

test('leaves out what nobody outside can use', async () => {
  expect(await reference(DOOR)).not.toMatch(/#private|constructor/)
})

test.each([
  ['/** A way in. */', 'Door'],
  ['/** Its width, in metres. */', 'Door.width'],
  ['/** Opens a door. */', 'open'],
])('refuses a public name without its docstring: %s', async (docstring, name) => {
  await expect(reference(DOOR.replace(docstring, ''))).rejects.toThrow(`no docstring: ${name}`)
})

test('the members of a type want docstrings as well, those of a part of it too', async () => {
  const type = '/** A wall. */\nexport type Wall = Base & { height: number };\n'
  await expect(reference(type, '{ Wall }')).rejects.toThrow('no docstring: Wall.height')
})
