import type { ErrorCode } from '@talus/protocol'
import type { Logger } from 'pino'
import type { Act, Audit, AuditFacts, Denial } from '../gate/audit.js'
import type { After } from '../presence/beat.js'
import type { Instruments } from './instruments.js'

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

type Services = {
  logger: Pick<Logger, 'info'>
  after: After
  denials: Instruments['denials']
}

/**
 * One line for each thing. Denials are for anybody to cause: of those that are too many to be
 * written, one line a second and kind tells how many there were, so that nobody can fill the disk.
 */
export class AuditLog implements Audit {
  readonly #services: Services
  /** How many of each kind there have been in this second. */
  readonly #counts = new Map<string, { event: Denial; code: ErrorCode; count: number }>()

  /** What each has done in the last moments. */
  readonly #acts = new Map<string, Repeated>()

  constructor(services: Services) {
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
