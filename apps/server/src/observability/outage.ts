type Log = { warn: (fields: object, message: string) => void }

type Services = {
  log: Log
  /** Milliseconds of a clock that never goes back. */
  elapsed: () => number
  /** What is gone, such as `Redis`. */
  what: string
}

/** Has the log say when a service is lost and when it is back, and not each try in between. */
export class Outage {
  readonly #services: Services
  #since: number | undefined

  constructor(services: Services) {
    this.#services = services
  }

  failed(err: unknown): void {
    if (this.#since !== undefined) return
    const { log, elapsed, what } = this.#services
    this.#since = elapsed()
    log.warn({ err }, `${what} is lost; it is tried again`)
  }

  works(): void {
    if (this.#since === undefined) return
    const { log, elapsed, what } = this.#services
    const lost_ms = Math.round(elapsed() - this.#since)
    this.#since = undefined
    log.warn({ lost_ms }, `${what} is back`)
  }
}
