import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vi } from 'vitest'
import { findCommand, runCommand } from '../src/commands/index.js'
import { testApp } from './harness.js'

export function newFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'talus-operate-'))
}

/** A data folder with a project of that name, of which the server has ended. */
export async function storedFolder(project_name: string): Promise<string> {
  const dataDir = join(await newFolder(), 'data')
  await using app = await testApp({ dataDir })
  const project = { template_id: 'film-production', project_name }
  const { body } = await app.api('POST', '/projects', project)
  const client = await (await app.client()).join(String(body.session_id))
  for (let i = 0; i < 20; i += 1) {
    const data = { blueprint_type_id: 'scene', name: `scene ${i} ${'x'.repeat(400)}` }
    await client.execute(String(body.session_id), 'CreateNode', data)
  }
  return dataDir
}

export type Ran = { code: number; stdout: string; stderr: string }

/** Runs a command of `talus-server` in this process. */
export async function ran(name: string, ...args: string[]): Promise<Ran> {
  const said = { stdout: '', stderr: '' }
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      said[stream] += String(text)
      return true
    }),
  )
  try {
    const command = findCommand(name)
    if (!command) throw new Error(`There is no command ${name}`)
    return { code: await runCommand(command, args, {}), ...said }
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}

/** Names of the projects in a data folder; of what cannot be read, what was said. */
export async function projectsIn(dataDir: string): Promise<string[] | string> {
  const { code, stdout, stderr } = await ran('inspect', '--json', '--data-dir', dataDir)
  if (code !== 0) return stderr
  const { projects } = JSON.parse(stdout) as { projects: { project_name: string }[] }
  return projects.map(({ project_name }) => project_name)
}

/** One line, which begins with the program's name. */
export const ONE_LINE = /^talus-server: [^\n]+\n$/
