import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { CommandStore, StoredCommand } from '../queue/store.js'

/** A file that is this long is emptied as soon as everything is answered. */
const MAX_LINES = 1_000

/** A line of the file: a command that came, or one that is answered. */
type Line = { scope: string; command: StoredCommand } | { scope: string; answered: string }

function parsed(text: string): Line[] {
  try {
    return [JSON.parse(text) as Line]
  } catch {
    // The process ended while it wrote this line: the call had not returned.
    return []
  }
}

const keyOf = (scope: string, command_id: string) => JSON.stringify([scope, command_id])

/** What the lines leave open, in their order. */
function openCommands(lines: readonly Line[]): Map<string, Line & { command: StoredCommand }> {
  const open = new Map<string, Line & { command: StoredCommand }>()
  for (const line of lines) {
    if ('command' in line) open.set(keyOf(line.scope, line.command.command_id), line)
    else open.delete(keyOf(line.scope, line.answered))
  }
  return open
}

/** Written at once, so that a command is kept when the call that made it returns. */
class FileStore implements CommandStore {
  readonly #path: string
  readonly #left = new Map<string, StoredCommand[]>()
  /** Commands in the file that are not answered. */
  readonly #open: Set<string>
  #lines: number

  constructor(path: string) {
    this.#path = path
    const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').flatMap(parsed) : []
    const commands = openCommands(lines)
    const open = [...commands.values()]
    for (const { scope, command } of open) {
      this.#left.set(scope, [...(this.#left.get(scope) ?? []), command])
    }
    this.#open = new Set(commands.keys())
    this.#lines = open.length
    // Answered commands go; the old file stays until the new one is complete.
    writeFileSync(`${path}.new`, open.map((line) => `${JSON.stringify(line)}\n`).join(''))
    renameSync(`${path}.new`, path)
  }

  async adopt(scope: string): Promise<StoredCommand[]> {
    const left = this.#left.get(scope) ?? []
    this.#left.delete(scope)
    return left
  }

  async add(scope: string, command: StoredCommand): Promise<void> {
    this.#write({ scope, command })
    this.#open.add(keyOf(scope, command.command_id))
  }

  async remove(scope: string, command_id: string): Promise<void> {
    this.#write({ scope, answered: command_id })
    this.#open.delete(keyOf(scope, command_id))
    if (this.#open.size > 0 || this.#lines < MAX_LINES) return
    // Nothing in it is needed any more.
    writeFileSync(this.#path, '')
    this.#lines = 0
  }

  close(): void {}

  #write(line: Line): void {
    appendFileSync(this.#path, `${JSON.stringify(line)}\n`)
    this.#lines += 1
  }
}

/**
 * Keeps commands in a file, so that they outlive the process. A file belongs to one client at a
 * time. Throws when the file cannot be read or written.
 */
export function fileStore(path: string): CommandStore {
  return new FileStore(path)
}
