import { CommandObserver } from './commands.js'
import type { Logger } from 'pino'
import type { After } from '../clock.js'
import type { OperationSettings } from '../config/server.js'
import { AuditLog, openAuditFile } from './audit.js'
import { guarded } from './log.js'
import { createMetrics, type Metrics } from './metrics.js'
import { openTracer, type Tracer } from './tracing.js'

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
