import type { ErrorCode, Failure } from '@talus/protocol'
import { destination, type Logger, pino } from 'pino'
import type { After } from '../clock.js'
import { SettingError } from '../errors.js'
import { closeFileToOthers } from '../files.js'
import { printableFields } from './log.js'
import type { Instruments } from './metrics.js'

/** What somebody was refused. */
type Denial =
  | 'connection.denied'
  | 'connection.expired'
  | 'origin.denied'
  | 'request.denied'
  | 'role.lost'

/** What somebody did that others must be able to look up. */
export type Act =
  | 'session.joined'
  | 'session.left'
  | 'session.created'
  | 'session.restored'
  | 'session.deleted'
  | 'project.created'
  | 'project.loaded'
  | 'project.deleted'
  | 'member.changed'
  | 'member.removed'
  | 'share-link.created'
  | 'share-link.revoked'
  | 'admin.access'

/** Who, from where, by which entry point, about what. Ids and names of the contract only, never values. */
export type AuditFacts = {
  door: EntryPoint
  /** Absent when nobody has proven to be anybody. */
  actor_id?: string | undefined
  /** Whether it was an administrator. */
  admin?: true | undefined
  address?: string | undefined
  client_id?: string | undefined
  session_id?: string | undefined
  project_id?: string | undefined
  /** The event or the route that was asked for. */
  asked?: string | undefined
  /** Whose role was changed, and to what. */
  member_id?: string | undefined
  role?: string | undefined
  link_id?: string | undefined
  /** What was wrong with a token. */
  reason?: string | undefined
}

/** Keeps what must be accounted for. It never throws and never waits. */
export interface Audit {
  did(act: Act, facts: AuditFacts): void
  denied(denial: Denial, code: ErrorCode, facts: AuditFacts): void
}

/** Who it is, as the audit log names them. */
export function actorFacts({ actor, admin }: { actor: { id: string }; admin?: boolean }): {
  actor_id: string
  admin: true | undefined
} {
  return { actor_id: actor.id, admin: admin === true ? true : undefined }
}

/** Whether a refusal says that somebody may not, rather than that something cannot be. */
export function isDenial(code: ErrorCode): boolean {
  return code === 'UNAUTHORIZED' || code === 'FORBIDDEN'
}

/** What was wrong with a token, of a refusal that says so; what it contained is in no refusal. */
export function tokenFault({ code, details }: Pick<Failure, 'code' | 'details'>): {
  reason?: string
} {
  const detail =
    code === 'UNAUTHORIZED' ? details?.find(({ path }) => path === '/token') : undefined
  return typeof detail?.actual === 'string' ? { reason: detail.actual } : {}
}

/** The ways in: the two namespaces, and REST. */
export type EntryPoint = '/' | '/graph' | 'rest'

/** Denials of one kind that are written in full in a second; those beyond are only counted. */
const IN_FULL = 10

const SECOND_MS = 1_000

/**
 * What somebody does again and again, such as joining and leaving: so many lines in so many
 * milliseconds, and one that says how often it was done beyond.
 */
const REPEATED: ReadonlySet<string> = new Set<Act>(['session.joined', 'session.left'])
const REPEATS_IN_FULL = 10
const REPEATS_MS = 10_000

/** Of more at a time, each is not told from the others. */
const MOST_REPEATING = 10_000

type Repeated = { event: string; facts: Partial<AuditFacts>; count: number }

type AuditServices = {
  logger: Pick<Logger, 'info'>
  after: After
  denials: Instruments['denials']
}

/**
 * One line for each thing. Denials are for anybody to cause: of those that are too many to be
 * written, one line a second and kind tells how many there were, so that nobody can fill the disk.
 */
export class AuditLog implements Audit {
  readonly #services: AuditServices
  /** How many of each kind there have been in this second. */
  readonly #counts = new Map<string, { event: Denial; code: ErrorCode; count: number }>()

  /** What each has done in the last moments. */
  readonly #acts = new Map<string, Repeated>()

  constructor(services: AuditServices) {
    this.#services = services
  }

  did(event: string, facts: AuditFacts): void {
    if (REPEATED.has(event) && this.#repeated(event, facts) > REPEATS_IN_FULL) return
    this.#services.logger.info({ event, outcome: 'done', ...facts })
  }

  denied(event: Denial, code: ErrorCode, facts: AuditFacts): void {
    this.#services.denials.inc({ event, code })
    if (this.#counted(event, code) > IN_FULL) return
    this.#services.logger.info({ event, outcome: 'denied', code, ...facts })
  }

  #counted(event: Denial, code: ErrorCode): number {
    if (this.#counts.size === 0) this.#services.after(SECOND_MS, () => this.#flushDenials())
    const kind = `${event} ${code}`
    const counted = this.#counts.get(kind) ?? { event, code, count: 0 }
    counted.count += 1
    this.#counts.set(kind, counted)
    return counted.count
  }

  /** How often somebody has done this in the last moments. */
  #repeated(event: string, { actor_id, address, door }: AuditFacts): number {
    if (this.#acts.size === 0) this.#services.after(REPEATS_MS, () => this.#flushActs())
    const own = JSON.stringify([event, actor_id, address])
    const isKnown = this.#acts.has(own) || this.#acts.size < MOST_REPEATING
    const key = isKnown ? own : event
    const facts = isKnown ? { door, actor_id, address } : {}
    const repeated = this.#acts.get(key) ?? { event, facts, count: 0 }
    repeated.count += 1
    this.#acts.set(key, repeated)
    return repeated.count
  }

  #flushActs(): void {
    for (const { event, facts, count } of this.#acts.values()) {
      if (count <= REPEATS_IN_FULL) continue
      const repeated = count - REPEATS_IN_FULL
      this.#services.logger.info({ event, outcome: 'done', ...facts, repeated })
    }
    this.#acts.clear()
  }

  /** Tells what was left out, and begins to count anew. */
  flush(): void {
    this.#flushActs()
    this.#flushDenials()
  }

  #flushDenials(): void {
    for (const { event, code, count } of this.#counts.values()) {
      if (count <= IN_FULL) continue
      const suppressed = count - IN_FULL
      this.#services.logger.info({ event, outcome: 'denied', code, suppressed })
    }
    this.#counts.clear()
  }
}

/** A file of its own for the audit log. */
type AuditFile = {
  logger: Logger
  /** Opens the file again under its name: somebody has moved it away. */
  reopen: () => void
  close: () => void
}

/** Bytes that are kept for a disk that takes none; what comes after them is lost. */
const MAX_WAITING = 1_000_000

function opened(file: string) {
  try {
    return destination({
      dest: file,
      append: true,
      mode: 0o600,
      sync: true,
      maxLength: MAX_WAITING,
    })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new SettingError(`--audit-log (TALUS_AUDIT_LOG) cannot be written: ${reason}`, {
      cause,
    })
  }
}

/**
 * Appends to the file, readable by its owner only. Every line is written at once: what was done must
 * not be lost with the process. Throws when the file cannot be opened.
 */
export function openAuditFile(file: string, onError: (err: Error) => void): AuditFile {
  const stream = opened(file)
  stream.on('error', onError)
  // It may have been there, or a program that rotates logs has made it.
  stream.on('ready', () => {
    for (const sentence of closeFileToOthers(file)) onError(new Error(sentence))
  })
  return {
    logger: pino(
      {
        base: null,
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { log: (fields) => printableFields(fields) },
      },
      stream,
    ),
    reopen() {
      try {
        stream.reopen()
      } catch (err) {
        // The old file is still open, and takes what comes.
        onError(err instanceof Error ? err : new Error(String(err)))
      }
    },
    close: () => stream.end(),
  }
}
