import { AccessRules, type Blueprint } from '@talus/graph'
import { ANONYMOUS, ok, type Actor, type Result } from '@talus/protocol'
import { sessionNotFound } from '../dispatch/failures.js'
import type { GroupCommitter } from '../dispatch/group-committer.js'
import type { Member, SessionRecord } from '../journal/journal.js'
import type { Extent } from '../limits/costs.js'
import { inTurns } from '../limits/turns.js'
import { LiveSession, type SessionRules, type SessionServices } from './live-session.js'
import { OpenSessions } from './open-sessions.js'
import type { Retention } from './retention.js'
import { foldInSteps } from './snapshot.js'
import { Snapshots } from './snapshots.js'

export type NewSession = {
  session_id?: string
  template_id?: string | null
  project_id?: string | null
}

type StoreServices = Omit<SessionServices, 'requestCommit' | 'onCommitted'> & {
  committer: GroupCommitter
  blueprintOf: (template_id: string) => Blueprint | null
  retention: Retention
  /** Whether identities are proven, so that a session can belong to somebody (rule AUTH2). */
  hasOwners: boolean
  /** Called when a session has come or gone: roles that were known under its id are another's. */
  forgetRoles: (session_id: string) => void
  /** Whether clients are in a session. */
  isOccupied: (session_id: string) => boolean
}

/** Who creates a session is its first member. */
function ownerOf({ id, name }: Actor, added_at: string): Member {
  return { actor_id: id, name: name ?? null, role: 'owner', added_at, added_by: id }
}

/** The sessions of this server: opened from the journal when asked for, one object each. */
export class SessionStore {
  readonly #services: StoreServices
  readonly #open: OpenSessions
  readonly #snapshots: Snapshots

  constructor(services: StoreServices) {
    this.#services = services
    this.#open = new OpenSessions((session_id) => this.#load(session_id), services.isOccupied)
    this.#snapshots = new Snapshots(services)
  }

  /** The session with this id. Errors: SESSION_NOT_FOUND, STORAGE_UNAVAILABLE. */
  async get(session_id: string): Promise<Result<LiveSession>> {
    try {
      const session = await this.#open.get(session_id)
      // Whoever asks for a session is about to read it.
      await session?.calm()
      return session ? ok(session) : { ok: false, error: sessionNotFound(session_id) }
    } catch (err) {
      return this.#unavailable(err, 'The session could not be read', session_id)
    }
  }

  /** The session with this id, if it is open now: nobody has to wait for it. */
  peek(session_id: string): LiveSession | undefined {
    return this.#open.peek(session_id)
  }

  /** The session with this id, created when there is none (rule JOIN2, without authentication). */
  async getOrCreate(session_id: string): Promise<Result<LiveSession>> {
    const found = await this.get(session_id)
    if (found.ok || found.error.code !== 'SESSION_NOT_FOUND') return found
    await this.create({ session_id }, ANONYMOUS)
    return this.get(session_id)
  }

  /** Creates a session of its creator; an id that exists already gives that session. */
  async create(wanted: NewSession, creator: Actor): Promise<Result<LiveSession>> {
    const { newId, now, journal, hasOwners } = this.#services
    const record: SessionRecord = {
      session_id: wanted.session_id ?? newId(),
      epoch: newId(),
      template_id: wanted.template_id ?? null,
      project_id: wanted.project_id ?? null,
      created_at: now(),
    }
    try {
      const owner = hasOwners ? ownerOf(creator, record.created_at) : undefined
      const outcome = await journal.createSession(record, owner)
      // Whoever names a session of others must not undo what their links give.
      if (outcome === 'created') this.#services.forgetRoles(record.session_id)
    } catch (err) {
      return this.#unavailable(err, 'The session could not be created', record.session_id)
    }
    return this.get(record.session_id)
  }

  /** How large a session is: what reading it costs is known by that beforehand. */
  extentOf(session: LiveSession): Extent {
    const chars = this.#snapshots.charsOf(session)
    const { nodeCount: nodes, seq: entries, tail } = session
    return { nodes, entries, chars, entryChars: tail.largestEntry }
  }

  /** How many sessions are in memory. */
  get openCount(): number {
    return this.#open.size
  }

  async list(): Promise<(SessionRecord & { seq: number })[]> {
    return this.#services.journal.listSessions()
  }

  /** Deletes a session with its history, after what is under way in it. */
  async delete(session_id: string): Promise<Result<true>> {
    const found = await this.get(session_id)
    // One that cannot be read, as it is damaged, can be deleted nevertheless.
    if (!found.ok && found.error.code !== 'STORAGE_UNAVAILABLE') return found
    if (found.ok) await found.value.retire()
    this.#open.forget(session_id)
    try {
      await this.#services.journal.deleteSession(session_id)
      this.#services.forgetRoles(session_id)
      return ok(true)
    } catch (err) {
      return this.#unavailable(err, 'The session could not be deleted', session_id)
    }
  }

  /** Lets go of sessions that nobody has asked for since some sweeps ago, and that nobody is in. */
  sweep(): void {
    this.#open.sweep()
  }

  /** Waits until everything taken in is durable and written out. */
  async drained(): Promise<void> {
    let busy: LiveSession[]
    do {
      await this.#services.committer.drained()
      busy = [...this.#open.sessions()].filter((session) => session.isBusy)
      await Promise.all(busy.map((session) => session.calm()))
    } while (busy.length > 0)
    await this.#snapshots.stop(this.#open.sessions())
  }

  #unavailable(err: unknown, what: string, session_id: string): Result<never> {
    return { ok: false, error: this.#services.faults.storage(err, what, { session_id }) }
  }

  /** Where roles count, a template that cannot be read may have kept things from some (rule ACC6). */
  #ruled({ template_id }: SessionRecord): SessionRules {
    if (template_id === null) return { blueprint: null, rules: null }
    const { blueprintOf, hasOwners } = this.#services
    const blueprint = blueprintOf(template_id)
    const unknown = hasOwners ? AccessRules.UNKNOWN : null
    return { blueprint, rules: blueprint ? blueprint.rules : unknown }
  }

  async #load(session_id: string): Promise<LiveSession | undefined> {
    const { committer, blueprintOf: _, ...services } = this.#services
    const stored = await services.journal.loadSession(session_id)
    if (!stored) return undefined
    const opened = {
      ...(await inTurns(foldInSteps(stored))),
      snapshotSeq: stored.snapshot?.seq ?? 0,
      bodies: stored.entries,
    }
    const session = new LiveSession(stored.record, opened, this.#ruled(stored.record), {
      ...services,
      requestCommit: (appender) => committer.request(appender),
      onCommitted: (committed, bodies) => this.#snapshots.committed(committed, bodies),
    })
    if (stored.damage !== undefined) {
      services.log.error({ session_id, damage: stored.damage }, 'opened from the entries alone')
    }
    this.#snapshots.opened(session, stored)
    return session
  }
}
