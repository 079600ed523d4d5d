import { readFileSync } from 'node:fs'

/** Bytes of a process that are in RAM, with what it shares; NaN where there is no /proc. */
export function residentBytes(pid: number): number {
  try {
    const [, kilobytes] =
      /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return 1024 * Number(kilobytes)
  } catch {
    return Number.NaN
  }
}
