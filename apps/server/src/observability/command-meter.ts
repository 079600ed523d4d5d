import { commandTypeOf, type Ack, type CommandType, type Preview } from '@talus/protocol'
import type { DoorName } from '../gate/door-name.js'
import type { Instruments } from './instruments.js'
import type { Tally } from './tally.js'

/** A type of the closed table, and what has none; undo, redo and restore count as types too. */
type MeteredType = CommandType | 'Undo' | 'Redo' | 'Restore' | 'unknown'

/** The type that a payload of any shape names. */
export function meteredType(payload: unknown): MeteredType {
  if (typeof payload !== 'object' || payload === null) return 'unknown'
  const { command_type } = payload as { command_type?: unknown }
  return (typeof command_type === 'string' && commandTypeOf(command_type)) || 'unknown'
}

function resultOf(answer: Ack | Preview): string {
  if (!answer.ok) return answer.error.code
  return 'duplicate' in answer && answer.duplicate ? 'duplicate' : 'ok'
}

/** Counts and times the commands of one door. */
export class CommandMeter {
  readonly #instruments: Instruments
  readonly #door: DoorName
  readonly #seconds
  /** By type and result: a label is looked up once. */
  readonly #tallies = new Map<MeteredType, Map<string, Tally>>()

  constructor(instruments: Instruments, door: DoorName) {
    this.#instruments = instruments
    this.#door = door
    this.#seconds = instruments.commandSeconds.labels({ door })
  }

  executed(payload: unknown, ack: Ack, seconds: number): void {
    this.#count(meteredType(payload), resultOf(ack), seconds)
  }

  reverted(kind: 'undo' | 'redo', ack: Ack, seconds: number): void {
    this.#count(kind === 'undo' ? 'Undo' : 'Redo', resultOf(ack), seconds)
    const outcome = ack.ok ? (ack.undo?.status ?? 'applied') : ack.error.code
    this.#instruments.reverts.inc({ kind, outcome })
  }

  restored(ack: Ack, seconds: number): void {
    this.#count('Restore', resultOf(ack), seconds)
  }

  previewed(preview: Preview): void {
    this.#instruments.previews.inc({ door: this.#door, result: resultOf(preview) })
  }

  #count(type: MeteredType, result: string, seconds: number): void {
    this.#tally(type, result).count += 1
    this.#seconds.observe(seconds)
  }

  #tally(type: MeteredType, result: string): Tally {
    const known = this.#tallies.get(type)?.get(result)
    if (known) return known
    const tally = this.#instruments.commands.labels({ door: this.#door, type, result })
    const ofType = this.#tallies.get(type) ?? new Map<string, Tally>()
    this.#tallies.set(type, ofType.set(result, tally))
    return tally
  }
}
