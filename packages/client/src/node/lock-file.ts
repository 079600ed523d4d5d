import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'

/** What this process has locked: the number of a process may be that of an earlier one. */
const locked = new Set<string>()

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // It belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function create(path: string): boolean {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Takes away the lock of a process that has ended. Throws when its owner lives. */
function breakLock(path: string): void {
  const owner = Number(readFileSync(path, 'utf8'))
  const isOurs = owner === process.pid
  const isHeld = isOurs ? locked.has(path) : owner > 0 && isAlive(owner)
  if (isHeld) throw new Error(`process ${owner} uses ${path.slice(0, -'.lock'.length)}`)
  const taken = `${path}.${process.pid}`
  renameSync(path, taken)
  // Another process may have broken the same lock and made its own in between.
  if (Number(readFileSync(taken, 'utf8')) === owner) rmSync(taken)
  else renameSync(taken, path)
}

/** Creates a lock file for this process; the result removes it. Throws when another one holds it. */
export function lockFile(path: string): () => void {
  while (!create(path)) breakLock(path)
  locked.add(path)
  return () => {
    if (!locked.delete(path)) return
    try {
      if (Number(readFileSync(path, 'utf8')) === process.pid) rmSync(path)
    } catch {
      // The folder is gone, or cannot be written to any more.
    }
  }
}
