import {
  chmodSync,
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
} from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

export function packageVersion(): string {
  const file = new URL('../package.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

/** The samples that ship with the package. */
export function sampleTemplates(): string {
  return fileURLToPath(new URL('../templates', import.meta.url))
}

/**
 * Where a built worker is, by its file below dist/, e.g. `journal/sqlite/write-thread.js`. This module is
 * bundled into a file of dist/, or run from the sources by the tests. Node 20 cannot start a worker
 * from TypeScript, so the last case too needs the build; `turbo run test` makes it beforehand.
 */
export function builtWorker(file: string): URL {
  const urls = [`./${file}`, `../dist/${file}`].map((place) => new URL(place, import.meta.url))
  const built = urls.find((url) => existsSync(url))
  if (built === undefined) throw new Error(`Not built, run \`pnpm build\`: ${urls.join(', ')}`)
  return built
}

/** For the owner alone. */
const FOLDER_MODE = 0o700
const FILE_MODE = 0o600

/** Group and others. */
const BEYOND_OWNER = 0o077

/** Windows has access lists in place of modes; they come from the folder. */
const HAS_MODES = process.platform !== 'win32'

/** What SQLite and the journal keep beside a database, by the end of the name. */
export const BESIDE_DATABASE = ['-wal', '-shm', '-lock', '-journal'] as const

/** Creates the file of a database, if need be, so that SQLite gives its mode to its log as well. */
export function createPrivate(file: string): void {
  if (!existsSync(file)) closeSync(openSync(file, 'a', FILE_MODE))
}

/** The same for a file that nobody may have made before; throws EEXIST. */
export function createNewPrivate(file: string): void {
  closeSync(openSync(file, 'wx', FILE_MODE))
}

/**
 * Takes from group and others what they may do with a database, the files beside it, and a folder
 * that holds nothing else. Gives a sentence for each that stays open, because it is not ours to
 * change. Never throws.
 */
export function closeToOthers(file: string): string[] {
  if (!HAS_MODES) return []
  const files = [file, ...BESIDE_DATABASE.map((suffix) => `${file}${suffix}`)]
  const open = files.flatMap((path) => narrow(path, FILE_MODE))
  return [...open, ...closeFolder(dirname(file), basename(file))]
}

function closeFolder(folder: string, database: string): string[] {
  const isOurs = () => readdirSync(folder).every((name) => name.startsWith(database))
  return narrow(folder, FOLDER_MODE, isOurs)
}

/** The same for one file. */
export function closeFileToOthers(file: string): string[] {
  return HAS_MODES ? narrow(file, FILE_MODE) : []
}

/** Gives no sentence when the path is closed now, or is not there. */
function narrow(path: string, mode: number, mayChange = () => true): string[] {
  try {
    if (!isOpen(path)) return []
    if (mayChange()) {
      chmodSync(path, mode)
      return []
    }
  } catch {
    // Somebody else's file, or a file system without modes.
  }
  return [sentence(path, mode)]
}

function isOpen(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false })
  // Devices and pipes have the modes that the system gives them.
  if (!found?.isFile() && !found?.isDirectory()) return false
  return (found.mode & BEYOND_OWNER) !== 0
}

function sentence(path: string, mode: number): string {
  const asks = `chmod ${mode.toString(8)} ${path}`
  return `${path} is open to other users of this machine; close it with: ${asks}`
}

/** Creates a folder for its owner alone, and those above it as usual. */
export function createPrivateFolder(folder: string): Promise<void> {
  return makePath(folder, FOLDER_MODE)
}

/** Step by step: Node 20's `recursive` never ends where the parent answers ENOENT, as /proc does. */
async function makePath(folder: string, mode?: number): Promise<void> {
  const parent = dirname(folder)
  try {
    await mkdir(folder, { mode })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return
    if (code !== 'ENOENT' || parent === folder || existsSync(parent)) throw error
    await makePath(parent)
    await makePath(folder, mode)
  }
}

/** Pages, where the build has put them; undefined when they are not there. */
export function builtPages(name: 'docs' | 'studio'): string | undefined {
  const folder = fileURLToPath(new URL(`../dist/${name}`, import.meta.url))
  return existsSync(folder) ? folder : undefined
}
