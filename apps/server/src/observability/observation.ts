import { type Ack, type CommandType, commandTypeOf, ERRORS, type Preview } from '@talus/protocol'
import type { Logger } from 'pino'
import type { After } from '../clock.js'
import type { OperationSettings } from '../config/server.js'
import { concernedBy } from '../payload.js'
import { AuditLog, type EntryPoint, openAuditFile } from './audit.js'
import { guarded } from './log.js'
import { createMetrics, type Instruments, type Metrics } from './metrics.js'
import { openTracer, type Span, type Trace, type Tracer } from './tracing.js'

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

/** Everything by which an app is watched. */
export type Observation = {
  metrics: Metrics
  log: Logger
  audit: AuditLog
  /** Absent when nobody asked for traces. */
  tracer: Tracer | undefined
  /** Counts, times and traces commands. */
  commands: CommandObserver
  /** Opens the files of logs again: somebody has moved them away. */
  reopen: () => void
  close: () => Promise<void>
}

type Surroundings = { logger: Logger; after: After; serverVersion: string }

/** The ordinary log for what has no file of its own; at any level but silent. */
function auditIn(logger: Logger): Logger {
  const level = logger.level === 'silent' ? 'silent' : 'info'
  return logger.child({ audit: true }, { level })
}

/** Opens what the settings ask for. Throws when the audit log's file cannot be opened. */
export async function observe(
  { auditLog, traces }: OperationSettings,
  { logger, after, serverVersion }: Surroundings,
): Promise<Observation> {
  const log = guarded(logger)
  const metrics = createMetrics()
  const tracer = traces && (await openTracer(traces, { serverVersion, after }))
  const { instruments } = metrics
  const file =
    auditLog === undefined
      ? undefined
      : openAuditFile(auditLog, (err) => log.error({ err }, 'the audit log cannot be written'))
  const audit = new AuditLog({
    logger: auditIn(file?.logger ?? log),
    after,
    denials: instruments.denials,
  })
  return {
    metrics,
    log,
    audit,
    tracer,
    commands: new CommandObserver(instruments, tracer),
    reopen: () => file?.reopen(),
    async close() {
      await tracer?.close()
      audit.flush()
      file?.close()
    },
  }
}
