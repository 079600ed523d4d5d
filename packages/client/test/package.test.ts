import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { TestServer } from './server.js'

const PACKAGES = fileURLToPath(new URL('../../', import.meta.url))

const run = promisify(execFile)

type Manifest = {
  dependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
}

let project: string

/** Packs a package as it would be published, and unpacks it into the project. */
async function install(name: string): Promise<void> {
  const from = join(PACKAGES, name)
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', project], {
    cwd: from,
  })
  const [{ filename } = { filename: '' }] = JSON.parse(stdout) as { filename: string }[]
  const to = join(project, 'node_modules/@talus', name)
  await mkdir(to, { recursive: true })
  await run('tar', ['-xzf', join(project, filename), '-C', to, '--strip-components', '1'])
  const text = await readFile(join(to, 'package.json'), 'utf8')
  const { dependencies, peerDependencies } = JSON.parse(text) as Manifest
  for (const other of Object.keys({ ...dependencies, ...peerDependencies })) {
    if (!other.startsWith('@talus/')) await link(other, join(from, 'node_modules', other))
  }
}

/** What a package declares is there, from the workspace, so that no registry is needed. */
async function link(name: string, from: string): Promise<void> {
  const to = join(project, 'node_modules', name)
  await mkdir(dirname(to), { recursive: true })
  await symlink(await realpath(from), to).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
}

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'talus-project-'))
  await writeFile(join(project, 'package.json'), '{ "type": "module" }')
  for (const name of ['protocol', 'graph', 'client']) await install(name)
})

afterAll(() => rm(project, { recursive: true, force: true }))

test('the packed packages run in an empty project, with what they declare and nothing else', async () => {
  await using server = await TestServer.start()
  const program = `
    import { connect, rest } from '@talus/client'
    import { fileStore } from '@talus/client/node'
    import { useNode } from '@talus/client/react'
    const client = connect(process.argv[2], { actor: 'ada', store: fileStore('queue.jsonl') })
    const session = await client.join('packed')
    await session.execute('CreateNode', { blueprint_type_id: 'task', name: 'Cut' })
    const { nodes } = await rest(process.argv[2]).getGraph({ session_id: 'packed' })
    console.log(nodes[0].name, session.graph.size, typeof useNode)
    client.close()
  `
  await writeFile(join(project, 'program.mjs'), program)
  const { stdout } = await run(process.execPath, ['program.mjs', server.url], { cwd: project })
  expect(stdout).toBe('Cut 1 function\n')
})

const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')

const examples = (language: string) =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].map(
    ([, code = '']) => code,
  )

test('the examples of the README run', async () => {
  await using server = await TestServer.start()
  const said: string[] = []
  for (const code of examples('js')) {
    await writeFile(join(project, 'example.mjs'), code)
    const { stdout } = await run(process.execPath, ['example.mjs', server.url], { cwd: project })
    said.push(stdout)
  }
  expect(said).toHaveLength(3)
  expect(said[0]).toContain('refused: NODE_NOT_FOUND')
  expect(said[1]).toBe('3 pending, 3 in the graph\n0 pending\nclosed\n')
  expect(said[2]).toBe("[ '2 undo CreateNode', '1 do CreateNode' ]\n")
})

test('their types hold in a strict project, with the page of the README', async () => {
  const program = `
    import { connect, type Session } from '@talus/client'
    import { useNode } from '@talus/client/react'
    import { fileStore } from '@talus/client/node'
    export const client = connect('http://localhost:5000', { store: fileStore('queue.jsonl') })
    export async function rename(session: Session, node_id: string): Promise<number | null> {
      const { seq } = await session.execute('UpdateProperty', {
        node_id, property_id: 'name', new_value: 'Recut',
      })
      return seq
    }
    export const useName = (id: string): string | undefined => useNode(id, (node) => node?.name)
    // @ts-expect-error a property that no command has
    export const wrong = (session: Session) => session.execute('DeleteNode', { nodeId: 'n' })
  `
  await writeFile(join(project, 'program.ts'), program)
  const [page = ''] = examples('tsx')
  await writeFile(join(project, 'page.tsx'), page)
  await link('@types/react', join(PACKAGES, 'client/node_modules/@types/react'))
  const tsc = join(PACKAGES, 'client/node_modules/typescript/bin/tsc')
  const options = '--strict --noEmit --module nodenext --lib es2023,dom --jsx react-jsx'.split(' ')
  const files = ['program.ts', 'page.tsx']
  const check = run(process.execPath, [tsc, ...options, '--types', '', ...files], { cwd: project })
  const said = await check.then(
    ({ stdout }) => stdout,
    (error: { stdout: string }) => error.stdout,
  )
  expect(said).toBe('')
})
