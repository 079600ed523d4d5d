import { openSync, readSync } from 'node:fs'

// Loaded into a measured server before its program: tells the bench, which asks over the channel
// between the processes, how long the event loop was held. The first message begins the watch, the next
// one ends it.

const INTERVAL_MS = 1

/** Nanoseconds that the main thread was on a core come first. */
const SCHEDSTAT = '/proc/self/schedstat'

/** `ms`: on the clock; `cpu`: what the main thread worked of that, whatever else the machine does. */
export type Held = { ms: number; cpu: number }

const text = Buffer.alloc(64)

function openStat(): number | undefined {
  try {
    return openSync(SCHEDSTAT, 'r')
  } catch {
    return undefined
  }
}

const stat = openStat()

/** Of the main thread; without such a file, what the clock says. */
function cpuMs(): number {
  if (stat === undefined) return performance.now()
  const length = readSync(stat, text, 0, text.length, 0)
  return Number.parseInt(text.toString('latin1', 0, length), 10) / 1e6
}

let longest: Held = { ms: 0, cpu: 0 }
let seen = 0
let seenCpu = 0

function look(): void {
  const now = performance.now()
  const cpu = cpuMs()
  longest = {
    ms: Math.max(longest.ms, now - seen - INTERVAL_MS),
    cpu: Math.max(longest.cpu, cpu - seenCpu),
  }
  seen = now
  seenCpu = cpu
}

let timer: NodeJS.Timeout | undefined

/** From one message to the next: the watch itself keeps an idle server busy. */
process.on('message', () => {
  if (timer) {
    look()
    clearInterval(timer)
    timer = undefined
  } else {
    longest = { ms: 0, cpu: 0 }
    seen = performance.now()
    seenCpu = cpuMs()
    timer = setInterval(look, INTERVAL_MS).unref()
  }
  process.send?.(longest)
})
// A server that has nothing else to do may end.
process.channel?.unref()
