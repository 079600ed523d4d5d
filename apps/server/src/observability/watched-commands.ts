import type { Caller } from '../gate/caller.js'
import type { Commands } from '../gate/dispatcher.js'
import type { CommandMeter } from './command-meter.js'

/** Calls `tell` once there is an answer. Whoever asked has not to wait for that. */
function whenAnswered<T>(answer: T | Promise<T>, tell: (answer: T) => void): T | Promise<T> {
  if (answer instanceof Promise) {
    // A rejection is for whoever asked.
    answer.then(tell, () => undefined)
  } else tell(answer)
  return answer
}

function secondsSince(began: number): number {
  return (performance.now() - began) / 1_000
}

/** The dispatcher as one door sees it: everything that is asked is counted and timed. */
export function watchedCommands(commands: Commands, meter: CommandMeter): Commands {
  return {
    execute(caller, payload) {
      const began = performance.now()
      return whenAnswered(commands.execute(caller, payload), (ack) => {
        meter.executed(payload, ack, secondsSince(began))
      })
    },
    async preview(caller, payload) {
      const preview = await commands.preview(caller, payload)
      meter.previewed(preview)
      return preview
    },
    revert(kind, caller, payload) {
      const began = performance.now()
      return whenAnswered(commands.revert(kind, caller, payload), (ack) => {
        meter.reverted(kind, ack, secondsSince(began))
      })
    },
    async restore(caller: Caller, session_id, payload) {
      const began = performance.now()
      const ack = await commands.restore(caller, session_id, payload)
      meter.restored(ack, secondsSince(began))
      return ack
    },
  }
}
