import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const FIXTURES = fileURLToPath(new URL('../fixtures/seeds', import.meta.url))
/** Inside the package, so that the snippets' own imports resolve; git ignores it. */
const SCRATCH = fileURLToPath(new URL('../../reports/seeds', import.meta.url))

/** The two values that whoever copies a snippet puts in. */
export type Place = { url: string; session_id: string }

/** A snippet of the documents, word for word, with the address and the session filled in. */
async function readSnippet(name: string, { url, session_id }: Place): Promise<string> {
  const text = await readFile(join(FIXTURES, `${name}.js`), 'utf8')
  return text
    .replaceAll('http://localhost:5000', url)
    .replaceAll('550e8400-e29b-41d4-a716-446655440000', session_id)
    .replaceAll('your-session-id-here', session_id)
}

async function load(code: string): Promise<Record<string, unknown>> {
  await mkdir(SCRATCH, { recursive: true })
  const folder = await mkdtemp(join(SCRATCH, 'snippet-'))
  try {
    const file = join(folder, 'snippet.js')
    await writeFile(file, code)
    return (await import(/* @vite-ignore */ pathToFileURL(file).href)) as Record<string, unknown>
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** A snippet that is a module of its own: its exports. */
export async function importSnippet(name: string, place: Place): Promise<Record<string, unknown>> {
  return load(await readSnippet(name, place))
}

/**
 * Runs a snippet that stands within somebody's code: `scope` is what that code has around it. What
 * the snippet declares under the name `gives` comes back.
 */
export async function runSnippet<T = undefined>(
  name: string,
  place: Place,
  { scope, gives = 'undefined' }: { scope: Record<string, unknown>; gives?: string },
): Promise<T> {
  const text = await readSnippet(name, place)
  const isImport = (line: string) => line.startsWith('import ')
  const lines = text.split('\n')
  const body = lines.filter((line) => !isImport(line)).join('\n')
  const run = `export function run({ ${Object.keys(scope).join(', ')} }) {\n${body}\nreturn ${gives}\n}`
  const module = await load([...lines.filter(isImport), run].join('\n'))
  return (module['run'] as (scope: Record<string, unknown>) => T)(scope)
}

/** Functions that note how they were called, by name: the page around a snippet. */
export function notebook<const Name extends string>(names: readonly Name[]) {
  const calls: { name: Name; args: unknown[] }[] = []
  const waiting: (() => void)[] = []
  const note =
    (name: Name) =>
    (...args: unknown[]) => {
      calls.push({ name, args })
      for (const wake of waiting.splice(0)) wake()
    }
  const functions = Object.fromEntries(names.map((name) => [name, note(name)]))
  return {
    calls,
    functions: functions as Record<Name, (...args: unknown[]) => void>,
    /** Resolves with the arguments of the first call, past or future. */
    async called(name: Name): Promise<unknown[]> {
      for (;;) {
        const call = calls.find((each) => each.name === name)
        if (call) return call.args
        await new Promise<void>((resolve) => waiting.push(resolve))
      }
    },
  }
}
