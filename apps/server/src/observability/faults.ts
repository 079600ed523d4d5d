import type { Failure } from '@talus/protocol'

type Services = {
  log: { error: (fields: object, message: string) => void }
  newId: () => string
}

/**
 * Where faults become failures (rule ERR1). Each is logged under an id of its own, with all that is
 * known of it; the failure carries the id and nothing of the fault.
 */
export type Faults = {
  /** A bug. `what` and `about` are for the log. */
  internal: (err: unknown, what: string, about?: object) => Failure
  /** The storage does not do its work. The caller learns `what`, too: a sentence without a stop. */
  storage: (err: unknown, what: string, about?: object) => Failure
}

export function createFaults({ log, newId }: Services): Faults {
  function idOf(): { error_id?: string } {
    try {
      return { error_id: newId() }
    } catch {
      // The source of ids may be what is at fault; it is told all the same.
      return {}
    }
  }

  function written(err: unknown, what: string, about: object): { error_id?: string } {
    const id = idOf()
    log.error({ ...about, ...id, err }, what)
    return id
  }

  return {
    internal: (err, what, about = {}) => ({
      code: 'INTERNAL_ERROR',
      message: 'Internal server error',
      ...written(err, what, about),
    }),
    storage: (err, what, about = {}) => ({
      code: 'STORAGE_UNAVAILABLE',
      message: `${what}; try again`,
      ...written(err, what, about),
    }),
  }
}
