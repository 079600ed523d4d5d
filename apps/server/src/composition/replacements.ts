import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import type { Authenticate } from '../gate/identity.js'
import type { Journal } from '../journal/index.js'
import { timestamps } from '../observability/timestamps.js'
import type { After } from '../presence/beat.js'
import type { Templates } from '../projects/templates.js'

/** What may be put in place of the real parts: a journal, clock and timer, the source of ids. */
export type Replacements = {
  /**
   * The journal is lost, and whatever is being written must not be answered any more: end the process
   * before this returns. Without it, the error is thrown as an uncaught exception.
   */
  onLost?: (error: Error) => void
  /** Where sessions and projects are kept, in place of the SQLite file in the data folder. */
  journal?: Journal
  /** What is written down, in place of JSON lines on standard error. */
  logger?: Logger
  /** The templates, in place of those in a folder. */
  templates?: Templates
  /** Makes ids of sessions, projects, nodes and commands; each another one. */
  newId?: () => string
  /** The time that entries bear, ISO 8601 in UTC. */
  now?: () => string
  /** Does work after some milliseconds, unless the signal is aborted. */
  after?: After
  /** Milliseconds that have passed, which rates are counted by; never goes back. */
  elapsed?: () => number
  /** Proves who callers are, in place of JSON Web Tokens. */
  authenticate?: Authenticate
}

/** Where time and ids come from. */
export type Sources = Required<Pick<Replacements, 'newId' | 'now' | 'after' | 'elapsed'>> & {
  /** Milliseconds since 1970. */
  clock: () => number
}

/** A timer that does not keep the process. */
const afterTimeout: After = (ms, work, signal) => {
  const timer = setTimeout(work, ms).unref()
  signal?.addEventListener('abort', () => clearTimeout(timer), { once: true })
}

export function sourcesOf(replacements: Replacements): Sources {
  const clock = () => Date.now()
  const { elapsed = () => performance.now(), after = afterTimeout } = replacements
  const { newId = randomUUID, now = timestamps(clock) } = replacements
  return { clock, elapsed, after, newId, now }
}
