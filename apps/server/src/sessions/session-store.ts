import type { Blueprint } from '@talus/graph'
import { fail, ok, type Result } from '@talus/protocol'
import { sessionNotFound } from '../dispatch/failures.js'
import type { GroupCommitter } from '../dispatch/group-committer.js'
import type { SessionRecord } from '../journal/journal.js'
import { LiveSession, type SessionServices } from './live-session.js'
import { capture, fold, serialise } from './snapshot.js'

/** Entries after which a session is written out as a whole, so that opening it stays quick. */
const SNAPSHOT_EVERY = 1_000

export type NewSession = {
  session_id?: string
  template_id?: string | null
  project_id?: string | null
}

type StoreServices = Omit<SessionServices, 'requestCommit' | 'onCommitted'> & {
  committer: GroupCommitter
  blueprintOf: (template_id: string) => Blueprint | null
}

/** The sessions of this server: opened from the journal when asked for, one object each. */
export class SessionStore {
  readonly #services: StoreServices
  readonly #open = new Map<string, Promise<LiveSession | undefined>>()
  readonly #sinceSnapshot = new WeakMap<LiveSession, number>()
  readonly #snapshots = new Set<Promise<void>>()

  constructor(services: StoreServices) {
    this.#services = services
  }

  /** The session with this id. Errors: SESSION_NOT_FOUND, STORAGE_UNAVAILABLE. */
  async get(session_id: string): Promise<Result<LiveSession>> {
    try {
      const session = await this.#opened(session_id)
      return session ? ok(session) : { ok: false, error: sessionNotFound(session_id) }
    } catch (err) {
      this.#services.log.error({ session_id, err }, 'session could not be opened')
      return fail('STORAGE_UNAVAILABLE', 'The session could not be read; try again')
    }
  }

  /** The session with this id, created when there is none (rule JOIN2, without authentication). */
  async getOrCreate(session_id: string): Promise<Result<LiveSession>> {
    const found = await this.get(session_id)
    if (found.ok || found.error.code !== 'SESSION_NOT_FOUND') return found
    await this.create({ session_id })
    return this.get(session_id)
  }

  /** Creates a session; an id that exists already gives that session. */
  async create(wanted: NewSession): Promise<Result<LiveSession>> {
    const { newId, now, journal, log } = this.#services
    const record: SessionRecord = {
      session_id: wanted.session_id ?? newId(),
      epoch: newId(),
      template_id: wanted.template_id ?? null,
      project_id: wanted.project_id ?? null,
      created_at: now(),
    }
    try {
      await journal.createSession(record)
    } catch (err) {
      log.error({ session_id: record.session_id, err }, 'session could not be created')
      return fail('STORAGE_UNAVAILABLE', 'The session could not be created; try again')
    }
    return this.get(record.session_id)
  }

  async list(): Promise<(SessionRecord & { seq: number })[]> {
    return this.#services.journal.listSessions()
  }

  /** Deletes a session with its history, after what is under way in it. */
  async delete(session_id: string): Promise<Result<true>> {
    const found = await this.get(session_id)
    if (!found.ok) return found
    await found.value.retire()
    this.#open.delete(session_id)
    try {
      await this.#services.journal.deleteSession(session_id)
      return ok(true)
    } catch (err) {
      this.#services.log.error({ session_id, err }, 'session could not be deleted')
      return fail('STORAGE_UNAVAILABLE', 'The session could not be deleted; try again')
    }
  }

  /** Waits until everything taken in is durable and written out. */
  async drained(): Promise<void> {
    await this.#services.committer.drained()
    await Promise.all(this.#snapshots)
  }

  #opened(session_id: string): Promise<LiveSession | undefined> {
    const known = this.#open.get(session_id)
    if (known) return known
    const opening = this.#load(session_id)
    this.#open.set(session_id, opening)
    // What is not there, or could not be read, is asked for again the next time.
    const forget = () => this.#open.delete(session_id)
    opening.then((session) => session ?? forget(), forget)
    return opening
  }

  async #load(session_id: string): Promise<LiveSession | undefined> {
    const { committer, blueprintOf, ...services } = this.#services
    const stored = await services.journal.loadSession(session_id)
    if (!stored) return undefined
    const { template_id } = stored.record
    const blueprint = template_id === null ? null : blueprintOf(template_id)
    const session = new LiveSession(stored.record, fold(stored), blueprint, {
      ...services,
      requestCommit: (appender) => committer.request(appender),
      onCommitted: (committed, count) => this.#count(committed, count),
    })
    this.#sinceSnapshot.set(session, stored.entries.length)
    return session
  }

  #count(session: LiveSession, added: number): void {
    const count = (this.#sinceSnapshot.get(session) ?? 0) + added
    this.#sinceSnapshot.set(session, count)
    if (count < SNAPSHOT_EVERY) return
    this.#sinceSnapshot.set(session, 0)
    const writing = this.#snapshot(session)
    this.#snapshots.add(writing)
    void writing.finally(() => this.#snapshots.delete(writing))
  }

  async #snapshot(session: LiveSession): Promise<void> {
    const { session_id } = session.record
    const { seq, parts } = session.withDurable((state) => ({
      seq: state.seq,
      parts: capture(state),
    }))
    try {
      await this.#services.journal.writeSnapshot(session_id, seq, await serialise(parts))
    } catch (err) {
      // A snapshot only shortens the next opening: without it the entries are replayed.
      this.#services.log.error({ session_id, seq, err }, 'snapshot could not be written')
    }
  }
}
