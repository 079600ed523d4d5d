import { execFileSync, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Debian's own: another Python beside it does not see Debian's packages. */
export const PYTHON = process.env['PYTHON'] ?? '/usr/bin/python3'

export const FOLDER = fileURLToPath(new URL('../python/', import.meta.url))

const INSTALL = `The Python example wants Python 3.11 with socketio, aiohttp and mypy (Debian: apt-get
install -y python3-socketio python3-aiohttp mypy), at ${PYTHON} or where PYTHON says.`

function isThere(): boolean {
  const { status } = spawnSync(PYTHON, ['-c', 'import socketio, aiohttp, mypy, tomllib'])
  return status === 0
}

/** Whether to pass over what needs Python: never in CI, where its absence is a failure. */
export function isWithoutPython(): boolean {
  if (isThere() || process.env['CI']) return false
  console.warn(`Tests of the Python example are skipped: ${INSTALL}`)
  return true
}

/** Runs a program of the folder to its end, and gives what it printed; fails when it fails. */
export function python(...args: string[]): string {
  if (!isThere()) throw new Error(INSTALL)
  return execFileSync(PYTHON, args, { cwd: FOLDER, encoding: 'utf8', stdio: 'pipe' })
}
