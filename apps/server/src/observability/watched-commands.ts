import { ERRORS, type Ack } from '@talus/protocol'
import type { Caller } from '../gate/caller.js'
import type { Commands } from '../gate/dispatcher.js'
import type { DoorName } from '../gate/door-name.js'
import { meteredType, type CommandMeter } from './command-meter.js'
import { concernedBy } from './concerned.js'
import type { Span, Tracer } from './tracer.js'

/** What a door's commands are watched by. */
type Watch = { door: DoorName; meter: CommandMeter; tracer: Tracer | undefined }

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

/** Ends after what this turn has for the clients was written: that is a part of the way. */
function endAfterTurn(span: Span, ack: Ack): void {
  const { command_id } = ack
  const [result, seq] = ack.ok ? ['ok', ack.seq ?? undefined] : [ack.error.code, undefined]
  const isFault = !ack.ok && ERRORS[ack.error.code].status >= 500
  const attributes = {
    'talus.command_id': command_id,
    'talus.result': result,
    'talus.seq': seq,
  }
  setImmediate(() => span.end({ isFault, attributes }))
}

/** The dispatcher as one door sees it: what is asked is counted and timed, and traced if need be. */
export function watchedCommands(commands: Commands, { door, meter, tracer }: Watch): Commands {
  function follow(name: string, caller: Caller, payload: unknown): Span | undefined {
    const parent = caller.trace && { span: caller.trace }
    const { session_id } = concernedBy(payload)
    const attributes = { 'talus.door': door, 'talus.session_id': session_id }
    return tracer?.begin({ name, isEntry: parent === undefined, attributes }, parent)
  }

  /** Has the command answered, and tells what came of it. */
  function watch(
    span: Span | undefined,
    work: (span: Span | undefined) => Ack | Promise<Ack>,
    tell: (ack: Ack, seconds: number) => void,
  ): Ack | Promise<Ack> {
    const began = performance.now()
    return whenAnswered(work(span), (ack) => {
      tell(ack, secondsSince(began))
      if (span) endAfterTurn(span, ack)
    })
  }

  const followed = (caller: Caller, trace: Span | undefined) =>
    trace ? { ...caller, trace } : caller

  return {
    execute: (caller, payload) =>
      watch(
        tracer && follow(meteredType(payload), caller, payload),
        (span) => commands.execute(followed(caller, span), payload),
        (ack, seconds) => meter.executed(payload, ack, seconds),
      ),
    revert: (kind, caller, payload) =>
      watch(
        tracer && follow(kind, caller, payload),
        (span) => commands.revert(kind, followed(caller, span), payload),
        (ack, seconds) => meter.reverted(kind, ack, seconds),
      ),
    restore: async (caller, session_id, payload) =>
      watch(
        tracer && follow('restore', caller, { session_id }),
        (span) => commands.restore(followed(caller, span), session_id, payload),
        (ack, seconds) => meter.restored(ack, seconds),
      ),
    async preview(caller, payload) {
      const preview = await commands.preview(caller, payload)
      meter.previewed(preview)
      return preview
    },
  }
}
