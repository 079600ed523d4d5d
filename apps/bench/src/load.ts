import type { Load } from './cases.js'
import type { Room } from './room.js'

/** Ends the load; the commands on their way are still answered. */
export type StopLoad = () => void

/** Indexes of the writers, spread over the room: neither the first nor the last to be served. */
export function writersOf({ members, writers }: Load): number[] {
  return Array.from({ length: writers }, (_, i) => Math.floor(((i + 0.5) * members) / writers))
}

function closedLoop(rooms: Room[], writers: number[]): StopLoad {
  let running = true
  for (const room of rooms) {
    for (const writer of writers) {
      const next = () => {
        if (running) room.write(writer, next)
      }
      next()
    }
  }
  return () => {
    running = false
  }
}

function openLoop(rooms: Room[], writers: number[], perSecond: number): StopLoad {
  const startedAt = performance.now()
  let sent = 0
  const timer = setInterval(() => {
    // By the clock and not by the timer, which is late now and then.
    const due = ((performance.now() - startedAt) / 1000) * perSecond
    for (; sent < due; sent++) {
      for (const room of rooms) {
        for (const writer of writers) room.write(writer, () => {})
      }
    }
  }, 1)
  return () => clearInterval(timer)
}

export function startLoad(rooms: Room[], load: Load): StopLoad {
  const writers = writersOf(load)
  switch (load.pace.kind) {
    case 'closed':
      return closedLoop(rooms, writers)
    case 'open':
      return openLoop(rooms, writers, load.pace.perSecond)
    default:
      return load.pace satisfies never
  }
}
