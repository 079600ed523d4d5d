import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const OWN = fileURLToPath(new URL('../node_modules/', import.meta.url))

/** What the packed packages depend on, taken from the workspace so that no registry is needed. */
const DEPENDENCIES = {
  'socket.io-client': 'packages/client',
  typebox: 'packages/protocol',
  yaml: 'packages/graph',
}

/** What a project that uses React and Node has as well. */
const BESIDE = ['react', 'react-dom', '@types/react', '@types/node']

type Ended = { status: number; stdout: string; stderr: string }

const run = promisify(execFile)

/** The lines of the first block of shell commands in the SDK's README. */
export async function readmeLines(): Promise<string[]> {
  const readme = await readFile(join(ROOT, 'packages/client/README.md'), 'utf8')
  const block = /^```sh\n([^]*?)^```/m.exec(readme)?.[1] ?? ''
  return block.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
}

/** The file of an own dependency. */
export const ofPackage = (path: string): string => join(OWN, path)

/** A file that a page of the documentation shows, by its name. */
export async function shownFile(page: string, name: string): Promise<string> {
  const text = await readFile(join(ROOT, 'apps/docs/pages', page), 'utf8')
  const shown = new RegExp(`^\`\`\`\\w+ [^\\n]*file="${name}"[^\\n]*\\n([^]*?)^\`\`\``, 'm')
  const code = shown.exec(text)?.[1]
  if (code === undefined) throw new Error(`${page} shows no file ${name}`)
  return code
}

/** An application outside the workspace with the packed packages. */
export class Project {
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  /** Packs and installs by the lines of the README. */
  static async create(): Promise<Project> {
    const project = new Project(await mkdtemp(join(tmpdir(), 'talus-runtimes-')))
    const overrides: Record<string, string> = {}
    for (const [name, place] of Object.entries(DEPENDENCIES)) {
      overrides[name] = `file:${await realpath(join(ROOT, place, 'node_modules', name))}`
    }
    await project.write({ 'package.json': JSON.stringify({ private: true, overrides }) })
    const lines = await readmeLines()
    const pack = lines.find((line) => line.includes(' pack '))
    const install = lines.find((line) => line.startsWith('npm install'))
    if (!pack || !install)
      throw new Error(`The README packs or installs nothing:\n${lines.join('\n')}`)
    await run('sh', ['-c', pack.replace('../my-app', project.#folder)], { cwd: ROOT })
    await run('sh', ['-c', `${install} --offline --no-audit --no-fund`], { cwd: project.#folder })
    for (const name of BESIDE) await project.link(name, join(OWN, name))
    return project
  }

  async write(files: Record<string, string>): Promise<void> {
    for (const [name, text] of Object.entries(files)) {
      const file = join(this.#folder, name)
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, text)
    }
  }

  async link(name: string, from: string): Promise<void> {
    const to = join(this.#folder, 'node_modules', name)
    await mkdir(dirname(to), { recursive: true })
    await symlink(await realpath(from), to)
  }

  /** Runs a program in the project. It may fail; what it says tells. */
  async run(program: string, given: readonly string[]): Promise<Ended> {
    const env = { ...process.env, HOME: this.#folder, NO_COLOR: '1' }
    return run(program, [...given], { cwd: this.#folder, env }).then(
      ({ stdout, stderr }) => ({ status: 0, stdout, stderr }),
      ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({
        status: code,
        stdout,
        stderr,
      }),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true })
  }
}
