import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { pages, placeOf, type Fence } from './pages/page.js'
import { Scratch } from './pages/scratch.js'

const TSC = fileURLToPath(new URL('lib/tsc.js', import.meta.resolve('typescript/package.json')))

const CONFIG = {
  extends: '../../../../tsconfig.base.json',
  compilerOptions: {
    // As bundlers resolve: pages show applications of Next.js and Vite, too.
    module: 'preserve',
    moduleResolution: 'bundler',
    lib: ['es2023', 'esnext.disposable', 'dom', 'dom.iterable'],
    types: ['node'],
    jsx: 'react-jsx',
    moduleDetection: 'force',
    // A page may show a value and leave it at that.
    noUnusedLocals: false,
  },
  include: ['**/*.ts', '**/*.tsx'],
  exclude: ['talus'],
}

const isTyped = ({ language, attributes }: Fence) =>
  ['ts', 'tsx'].includes(language) && !attributes.has('norun')

/** A file of a page, and the lines that its code stands at. */
type Written = { name: string; code: string; lines: string[] }

/** Fences of one group, or of one file, are one file. */
function filesOf(page: (typeof pages)[number]): Written[] {
  const files = new Map<string, Written>()
  for (const fence of page.fences.filter(isTyped)) {
    const { file, group = `fence-${fence.line}` } = Object.fromEntries(fence.attributes)
    const name = `${page.name}/${file ?? `${group}.${fence.language}`}`
    const written = files.get(name) ?? { name, code: '', lines: [] }
    const count = fence.code.split('\n').length
    const lines = Array.from({ length: count }, (_, index) =>
      placeOf(page, { ...fence, line: fence.line + index }),
    )
    files.set(name, {
      name,
      code: `${written.code}${fence.code}\n`,
      lines: [...written.lines, ...lines],
    })
  }
  return [...files.values()]
}

test('TypeScript in the pages is rightly typed, with the packages as they are built', async () => {
  await using scratch = await Scratch.create()
  const files = pages.flatMap(filesOf)
  for (const { name, code } of files) await scratch.write(name, code)
  await scratch.write('tsconfig.json', JSON.stringify(CONFIG))
  const { stdout } = spawnSync(process.execPath, [TSC, '-p', '.', '--pretty', 'false'], {
    cwd: scratch.directory,
    encoding: 'utf8',
  })
  const told = stdout.replaceAll(/^(\S+)\((\d+),\d+\)/gm, (whole, name: string, line: string) => {
    const place = files.find((file) => file.name === name)?.lines[Number(line) - 1]
    return place ?? whole
  })
  expect(told).toBe('')
  expect(files.length).toBeGreaterThan(0)
})
