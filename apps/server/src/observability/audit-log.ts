import type { ErrorCode } from '@talus/protocol'
import type { Logger } from 'pino'
import type { Audit, AuditFacts, Denial } from '../gate/audit.js'
import type { After } from '../presence/beat.js'
import type { Instruments } from './instruments.js'

/** Denials of one kind that are written in full in a second; those beyond are only counted. */
const IN_FULL = 10

const SECOND_MS = 1_000

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

  constructor(services: Services) {
    this.#services = services
  }

  did(event: string, facts: AuditFacts): void {
    this.#services.logger.info({ event, outcome: 'done', ...facts })
  }

  denied(event: Denial, code: ErrorCode, facts: AuditFacts): void {
    this.#services.denials.inc({ event, code })
    if (this.#counted(event, code) > IN_FULL) return
    this.#services.logger.info({ event, outcome: 'denied', code, ...facts })
  }

  #counted(event: Denial, code: ErrorCode): number {
    if (this.#counts.size === 0) this.#services.after(SECOND_MS, () => this.flush())
    const kind = `${event} ${code}`
    const counted = this.#counts.get(kind) ?? { event, code, count: 0 }
    counted.count += 1
    this.#counts.set(kind, counted)
    return counted.count
  }

  /** Tells what was left out, and begins to count anew. */
  flush(): void {
    for (const { event, code, count } of this.#counts.values()) {
      if (count <= IN_FULL) continue
      const suppressed = count - IN_FULL
      this.#services.logger.info({ event, outcome: 'denied', code, suppressed })
    }
    this.#counts.clear()
  }
}
