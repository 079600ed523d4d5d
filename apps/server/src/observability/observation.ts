import type { Logger } from 'pino'
import type { Attendance } from '../broadcast/hub.js'
import type { OperationSettings } from '../config/operation-flags.js'
import type { Commands } from '../gate/dispatcher.js'
import type { DoorName } from '../gate/door-name.js'
import type { After } from '../presence/beat.js'
import { openAuditFile } from './audit-file.js'
import { AuditLog } from './audit-log.js'
import { CommandMeter } from './command-meter.js'
import { guarded } from './log.js'
import { createMetrics, type Metrics } from './metrics.js'
import { openTracer } from './open-tracer.js'
import type { Tracer } from './tracer.js'
import { watchedCommands } from './watched-commands.js'

/** Everything by which an app is watched. */
export type Observation = {
  metrics: Metrics
  log: Logger
  audit: AuditLog
  /** Absent when nobody asked for traces. */
  tracer: Tracer | undefined
  /** Accounts for who comes into sessions and goes. */
  attendance: Attendance
  /** The dispatcher as a door sees it. */
  watched: (commands: Commands, door: DoorName) => Commands
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

function accountFor(audit: AuditLog): Attendance {
  return (change, session_id, { client_id, origin }) => {
    const { namespace: door, ...who } = origin
    audit.did(change === 'joined' ? 'session.joined' : 'session.left', {
      door,
      ...who,
      client_id,
      session_id,
    })
  }
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
    attendance: accountFor(audit),
    tracer,
    watched: (commands, door) =>
      watchedCommands(commands, { door, tracer, meter: new CommandMeter(instruments, door) }),
    reopen: () => file?.reopen(),
    async close() {
      await tracer?.close()
      audit.flush()
      file?.close()
    },
  }
}
