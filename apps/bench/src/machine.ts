import {
  closeSync,
  fdatasyncSync,
  mkdtempSync,
  openSync,
  rmSync,
  statfsSync,
  writeSync,
} from 'node:fs'
import { cpus, loadavg, release, totalmem, type } from 'node:os'
import { join } from 'node:path'
import { canPin } from './pinning.js'
import { quantile } from './statistics.js'

const FILE_SYSTEMS = new Map([
  [0xef53, 'ext4'],
  [0x58465342, 'xfs'],
  [0x9123683e, 'btrfs'],
  [0x794c7630, 'overlay'],
  [0x01021994, 'tmpfs, where durability costs nothing'],
])

function fileSystem(directory: string): string {
  const { type: magic } = statfsSync(directory)
  return FILE_SYSTEMS.get(magic) ?? `file system 0x${magic.toString(16)}`
}

/** Milliseconds that making 4 KiB durable takes, the median of a hundred. */
function syncTime(root: string): number {
  const directory = mkdtempSync(join(root, 'talus-bench-sync-'))
  const file = openSync(join(directory, 'probe'), 'w')
  try {
    const page = Buffer.alloc(4096)
    const times = Array.from({ length: 100 }, () => {
      const startedAt = performance.now()
      writeSync(file, page)
      fdatasyncSync(file)
      return performance.now() - startedAt
    })
    return quantile(times, 0.5)
  } finally {
    closeSync(file)
    rmSync(directory, { recursive: true })
  }
}

/** What a reader must know of the machine before comparing its figures with another's. */
export function describeMachine(dataRoot: string): string[] {
  const [first, ...others] = cpus()
  const model = first?.model.trim() ?? 'unknown CPU'
  const memory = Math.round(totalmem() / 2 ** 30)
  const cores = canPin ? 'server on core 0, generator on core 1' : 'not pinned: taskset is missing'
  return [
    `${others.length + 1} × ${model}, ${memory} GiB`,
    `${type()} ${release()}, Node ${process.versions.node}`,
    `${cores}; load average before the run ${loadavg()[0]?.toFixed(1) ?? 'unknown'}`,
    `journal on ${fileSystem(dataRoot)}, 4 KiB durable in ${syncTime(dataRoot).toFixed(2)} ms`,
  ]
}
