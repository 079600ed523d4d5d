import { readdirSync, readFileSync } from 'node:fs'

// USER_HZ, the unit of /proc/PID/stat; 100 in every Linux ABI that Node runs on.
const TICKS_PER_SECOND = 100

/** Nanoseconds on a core of every living thread; /proc/PID/stat has them in ticks of 10 ms only. */
function fromThreads(pid: number): number {
  let nanoseconds = 0
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const [onCore] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')
    nanoseconds += Number(onCore)
  }
  return nanoseconds / 1e9
}

function fromProcess(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name, in parentheses, may hold spaces; utime and stime are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

/** CPU seconds that a process and all its threads have used; NaN where there is no /proc. */
export function cpuSeconds(pid: number): number {
  for (const read of [fromThreads, fromProcess]) {
    try {
      return read(pid)
    } catch {
      // No schedstat in this kernel, or no /proc at all.
    }
  }
  return Number.NaN
}
