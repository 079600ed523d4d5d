import { commandTypeOf, ERRORS, type Ack, type CommandType, type Preview } from '@talus/protocol'
import { concernedBy } from '../payload.js'
import type { EntryPoint } from './audit.js'
import type { Instruments } from './metrics.js'
import type { Span, Trace, Tracer } from './tracing.js'

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

/** Ends the span after this turn's writes to the clients: they are a part of the command's way. */
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

/** What is asked for: `parent` is the trace of the request that asks. */
type Observed = {
  via: EntryPoint
  type: MeteredType
  payload: unknown
  parent: Trace | undefined
}

/** Names of spans that differ from the type that is counted. */
const SPAN_NAMES: Partial<Record<MeteredType, string>> = {
  Undo: 'undo',
  Redo: 'redo',
  Restore: 'restore',
}

/** Counts, times and traces commands from the dispatcher's start to the acknowledgement. */
export class CommandObserver {
  readonly #instruments: Instruments
  readonly #tracer: Tracer | undefined

  constructor(instruments: Instruments, tracer: Tracer | undefined) {
    this.#instruments = instruments
    this.#tracer = tracer
  }

  /** The span of a command; undefined when it is not traced. */
  trace({ via, type, payload, parent }: Observed): Span | undefined {
    if (!this.#tracer) return undefined
    const { session_id } = concernedBy(payload)
    const attributes = { 'talus.door': via, 'talus.session_id': session_id }
    const isEntry = parent === undefined
    const name = SPAN_NAMES[type] ?? type
    return this.#tracer.begin({ name, isEntry, attributes }, parent && { span: parent })
  }

  /** `began`: `performance.now()` when the command came to the dispatcher. */
  answered(
    via: EntryPoint,
    type: MeteredType,
    { ack, began, span }: { ack: Ack; began: number; span: Span | undefined },
  ): void {
    const { commands, commandSeconds } = this.#instruments
    commands.inc({ door: via, type, result: resultOf(ack) })
    commandSeconds.observe({ door: via }, (performance.now() - began) / 1_000)
    if (type === 'Undo' || type === 'Redo') this.#reverted(type, ack)
    if (span) endAfterTurn(span, ack)
  }

  previewed(via: EntryPoint, preview: Preview): void {
    this.#instruments.previews.inc({ door: via, result: resultOf(preview) })
  }

  #reverted(type: 'Undo' | 'Redo', ack: Ack): void {
    const outcome = ack.ok ? (ack.undo?.status ?? 'applied') : ack.error.code
    this.#instruments.reverts.inc({ kind: type === 'Undo' ? 'undo' : 'redo', outcome })
  }
}
