import { spawnSync } from 'node:child_process'
import { openSync, readSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SOURCE = fileURLToPath(new URL('./disk-faults.c', import.meta.url))
const OPS = { read: 1, write: 2, sync: 4, truncate: 8 }
const FILES = { database: 1, log: 2, index: 4, lock: 8, other: 16 }
const ERRORS = { EIO: 5, ENOSPC: 28 }

/** What fails: such calls on one of these files, from now on, all or as many as `count`. */
export type DiskFault = {
  op: keyof typeof OPS
  files: (keyof typeof FILES)[]
  error: keyof typeof ERRORS
  count?: number
}

/** A process that runs with these variables has a disk whose failures the test decides. */
export type DiskFaults = {
  env: NodeJS.ProcessEnv
  arm: (fault: DiskFault) => void
  disarm: () => void
  /** How many calls have failed since it was armed. */
  hits: () => number
}

/** Compiles the shim into a folder; undefined where it cannot be (Linux with gcc can). */
export function diskFaults(folder: string, database: string): DiskFaults | undefined {
  if (process.platform !== 'linux') return undefined
  const library = join(folder, 'disk-faults.so')
  const { status, stderr } = spawnSync(
    'gcc',
    ['-shared', '-fPIC', '-O1', '-o', library, SOURCE, '-ldl'],
    { encoding: 'utf8' },
  )
  if (status !== 0) {
    if (process.env.CI) throw new Error(`The shim does not compile: ${stderr}`)
    return undefined
  }
  const control = join(folder, 'disk-faults')
  writeFileSync(control, new Uint8Array(64))
  const file = openSync(control, 'r+')
  const write = (words: number[]) => writeSync(file, Int32Array.from(words), 0, null, 0)
  return {
    env: { LD_PRELOAD: library, DISK_FAULTS: control, DISK_FAULTS_DATABASE: database },
    arm({ op, files, error, count = 1_000_000_000 }) {
      const mask = files.reduce((sum, name) => sum | FILES[name], 0)
      write([1, OPS[op], mask, 0, count, ERRORS[error], 0, 0])
    },
    disarm: () => void write([0]),
    hits() {
      const words = new Int32Array(8)
      readSync(file, words, 0, words.byteLength, 0)
      return words[7] ?? 0
    },
  }
}
