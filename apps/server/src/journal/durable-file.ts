import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'

/** Makes a file, or the names in a folder, survive a power cut. */
export function sync(path: string): void {
  const handle = openSync(path, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** Puts a finished file in its place so that a power cut leaves the old one or the new one. */
export function moveDurably(from: string, to: string): void {
  sync(from)
  renameSync(from, to)
  sync(dirname(to))
}

/** The same where nothing may be there; throws EEXIST. */
export function moveNew(from: string, to: string): void {
  sync(from)
  try {
    linkSync(from, to)
    rmSync(from)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error
    // A file system without hard links.
    renameSync(from, to)
  }
  sync(dirname(to))
}
