import { AccessRules, type Blueprint } from '@talus/graph'
import { type Actor, ANONYMOUS, fail, ok, type Result } from '@talus/protocol'
import { sessionNotFound, StorageError } from '../errors.js'
import type { EntryText } from '../journal/entry-text.js'
import type {
  Head,
  ListedSession,
  ListPage,
  Member,
  SessionRecord,
  StoredSession,
} from '../journal/journal.js'
import type { Extent } from '../limits/costs.js'
import { inTurns, loopTurns } from '../turns.js'
import type { GroupCommitter } from './committer.js'
import { LiveSession, type SessionRules, type SessionServices } from './live-session.js'
import { type Load, OpenSessions } from './open-sessions.js'
import { type Retention, RetentionSweep, Snapshots } from './snapshots.js'
import { capture, foldInSteps, serialise } from './snapshot.js'

export type WantedSession = {
  session_id?: string
  template_id?: string | null
  project_id?: string | null
}

type StoreServices = Omit<SessionServices, 'requestCommit' | 'onCommitted'> & {
  committer: GroupCommitter
  blueprintOf: (template_id: string) => Blueprint | null
  /** Names the content of a template. */
  digestOf: (blueprint: Blueprint) => string
  retention: Retention
  /** Whether identities are proven, so that a session can belong to somebody (rule AUTH2). */
  hasOwners: boolean
  /** Called when a session has come or gone: roles that were known under its id are another's. */
  forgetRoles: (session_id: string) => void
  /** Whether clients are in a session. */
  isOccupied: (session_id: string) => boolean
  /** Asks a journal that others write to as well where sessions are; absent: nobody else writes. */
  heads: ((session_ids: readonly string[]) => Promise<Head[]>) | undefined
  /** Called when a session has new entries, up to `seq`, for those who follow them. */
  onAppended:
    | ((record: SessionRecord, seq: number, bodies: readonly EntryText[]) => void)
    | undefined
  /** Called when a session is new (with its epoch) or was deleted (with null). */
  onReplaced: ((session_id: string, epoch: string | null) => void) | undefined
  /** Called when another server has deleted a session that is open here. */
  onGone: (session_id: string) => void
}

/** Who creates a session is its first member. */
function ownerOf({ id, name }: Actor, added_at: string): Member {
  return { actor_id: id, name: name ?? null, role: 'owner', added_at, added_by: id }
}

/** No URL can name them: they stand for places in a path (RFC 3986, section 5.2.4). */
const DOTS: ReadonlySet<string> = new Set(['.', '..'])

function dots(session_id: string): Result<never> {
  return fail('BAD_REQUEST', 'This cannot be the id of a new session', [
    { path: '/session_id', expected: "an id other than '.' and '..'", actual: session_id },
  ])
}

/** The id of a project whose session was deleted: whoever took it would take the project. */
function reserved(session_id: string): Result<never> {
  return fail('FORBIDDEN', 'This id belongs to a project whose session was deleted', [
    { path: '/session_id', expected: 'another id, or none', actual: session_id },
  ])
}

/** Nothing but the rules of the commands. */
const NO_TEMPLATE: SessionRules = { blueprint: null, rules: null, template_digest: null }

/** Asks where sessions are: all that is asked for in one turn with one question. */
class Heads {
  readonly #ask: (session_ids: readonly string[]) => Promise<Head[]>
  #next: { ids: Set<string>; answer: Promise<Map<string, Head>> } | undefined

  constructor(ask: (session_ids: readonly string[]) => Promise<Head[]>) {
    this.#ask = ask
  }

  async ask(session_id: string): Promise<Head | undefined> {
    this.#next ??= this.#begin()
    this.#next.ids.add(session_id)
    return (await this.#next.answer).get(session_id)
  }

  #begin() {
    const ids = new Set<string>()
    const answer = new Promise((resolve) => setImmediate(resolve)).then(async () => {
      this.#next = undefined
      const heads = await this.#ask([...ids])
      return new Map(heads.map((head) => [head.session_id, head]))
    })
    return { ids, answer }
  }
}

/** The sessions of this server: opened from the journal when asked for, one object each. */
export class SessionStore {
  readonly #services: StoreServices
  readonly #open: OpenSessions
  readonly #snapshots: Snapshots
  readonly #retention: RetentionSweep
  /** Deletions under way: nobody opens or creates a session of that id meanwhile. */
  readonly #deletions = new Map<string, Promise<unknown>>()
  readonly #heads: Heads | undefined

  constructor(services: StoreServices) {
    this.#services = services
    this.#heads = services.heads && new Heads(services.heads)
    this.#open = new OpenSessions(services.isOccupied)
    this.#snapshots = new Snapshots(services)
    this.#retention = new RetentionSweep({
      ...services,
      snapshot: (session_id) => this.#snapshot(session_id),
      removed: (session_id, first_seq) => this.#open.held(session_id)?.tail.forgetBefore(first_seq),
    })
  }

  /** The session with this id. Errors: SESSION_NOT_FOUND, STORAGE_UNAVAILABLE. */
  async get(session_id: string): Promise<Result<LiveSession>> {
    // What is being deleted would be read from a journal that is about to lose it.
    while (this.#deletions.has(session_id)) await this.#deletions.get(session_id)
    const open = () => this.#opened(session_id, () => this.#load(session_id))
    const held = this.#heads && this.#open.held(session_id)
    if (!held) return open()
    const fresh = await this.#refresh(held)
    return fresh ?? open()
  }

  /** Has the session come to where the journal is. Undefined: others have put another in its place. */
  async #refresh(session: LiveSession): Promise<Result<LiveSession> | undefined> {
    const { session_id } = session.record
    try {
      const head = await this.#heads?.ask(session_id)
      this.follow(session_id, head ?? null)
      if (session.isRetired) return undefined
      await session.reach(head?.seq ?? 0)
      if (session.seq < (head?.seq ?? 0)) throw new StorageError('What others wrote is not there')
      return await this.#opened(session_id, async () => session)
    } catch (err) {
      return this.#unavailable(err, 'The session could not be read', session_id)
    }
  }

  /** The ids of the sessions that are in memory. */
  openIds(): string[] {
    return [...this.#open.sessions()].map(({ record }) => record.session_id)
  }

  /** The session, if it is in memory; not a reason to keep it there. */
  peekHeld(session_id: string): LiveSession | undefined {
    return this.#open.held(session_id)
  }

  /** Another server has deleted a session, or created one of that id. */
  replaced(session_id: string, epoch: string | null): void {
    const session = this.#open.held(session_id)
    if (session && session.record.epoch !== epoch) this.#drop(session_id, session)
    else this.#services.forgetRoles(session_id)
  }

  /** Others have written: where a session is now, null: it is gone. True: it was behind. */
  follow(session_id: string, head: Omit<Head, 'session_id'> | null): boolean {
    const session = this.#open.held(session_id)
    if (!session || session.isRetired || this.#deletions.has(session_id)) return false
    if (head?.epoch !== session.record.epoch) {
      this.#drop(session_id, session)
      return false
    }
    const isBehind = head.seq > session.seq
    if (isBehind) session.follow(head.seq)
    return isBehind
  }

  /** Another server has deleted the session, and perhaps made another of that id. */
  #drop(session_id: string, session: LiveSession): void {
    this.#open.forget(session_id)
    void session.retire()
    this.#services.forgetRoles(session_id)
    this.#services.onGone(session_id)
  }

  async #opened(session_id: string, load: Load): Promise<Result<LiveSession>> {
    try {
      const session = await this.#open.get(session_id, load)
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

  /** Creates a session under an id that was free, of nobody (rule JOIN2), and opens it. */
  async createOpen(session_id: string): Promise<Result<LiveSession>> {
    const created = await this.#create({ session_id }, ANONYMOUS)
    if (!created.ok) return created
    const { record, isNew } = created.value
    if (!isNew || this.#deletions.has(session_id)) return this.get(session_id)
    // Nothing has been written to it: there is nothing to read.
    const stored = { record, snapshot: null, entries: [], receipts: [] }
    return this.#opened(session_id, () => this.#live(stored))
  }

  /**
   * Creates a session of its creator, after a deletion that is under way. An id that exists already
   * stays what it is: whether the creator may enter is still to be asked. Errors: BAD_REQUEST for an
   * id that no URL can name (rule JOIN6), FORBIDDEN for that of a project whose session was deleted
   * (rule AUTH8), STORAGE_UNAVAILABLE.
   */
  async create(wanted: WantedSession, creator: Actor): Promise<Result<{ session_id: string }>> {
    const created = await this.#create(wanted, creator)
    return created.ok ? ok({ session_id: created.value.record.session_id }) : created
  }

  async #create(
    wanted: WantedSession,
    creator: Actor,
  ): Promise<Result<{ record: SessionRecord; isNew: boolean }>> {
    const { newId, now, journal, hasOwners } = this.#services
    const session_id = wanted.session_id ?? newId()
    if (DOTS.has(session_id)) return dots(session_id)
    const record: SessionRecord = {
      session_id,
      epoch: newId(),
      template_id: wanted.template_id ?? null,
      project_id: wanted.project_id ?? null,
      created_at: now(),
    }
    while (this.#deletions.has(session_id)) await this.#deletions.get(session_id)
    try {
      const owner = hasOwners ? ownerOf(creator, record.created_at) : undefined
      const outcome = await journal.createSession(record, owner)
      if (outcome === 'reserved') return reserved(session_id)
      // Whoever names a session of others must not undo what their links give.
      if (outcome === 'created') {
        this.#services.forgetRoles(session_id)
        this.#services.onReplaced?.(session_id, record.epoch)
      }
      return ok({ record, isNew: outcome === 'created' })
    } catch (err) {
      return this.#unavailable(err, 'The session could not be created', session_id)
    }
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

  /** One page, oldest first. Rejects with `StorageError`. */
  list(page: ListPage): Promise<ListedSession[]> {
    return this.#services.journal.listSessions(page)
  }

  /** Deletes a session with its history, after what is under way in it. */
  async delete(session_id: string): Promise<Result<true>> {
    while (this.#deletions.has(session_id)) await this.#deletions.get(session_id)
    const deletion = this.#delete(session_id).finally(() => this.#deletions.delete(session_id))
    this.#deletions.set(session_id, deletion)
    return await deletion
  }

  async #delete(session_id: string): Promise<Result<true>> {
    try {
      const session = await this.#open.opened(session_id)
      await session?.retire()
      this.#open.forget(session_id)
      const wasThere = await this.#services.journal.deleteSession(session_id)
      this.#services.forgetRoles(session_id)
      if (wasThere) this.#services.onReplaced?.(session_id, null)
      return wasThere ? ok(true) : { ok: false, error: sessionNotFound(session_id) }
    } catch (err) {
      return this.#unavailable(err, 'The session could not be deleted', session_id)
    }
  }

  /** Lets go of sessions that nobody has asked for since some sweeps ago, and that nobody is in. */
  sweep(): void {
    this.#open.sweep()
  }

  /** Removes what is not to be kept any longer, from all sessions of the store. Never rejects. */
  removeOld(): Promise<void> {
    return this.#retention.run()
  }

  /** Waits until everything taken in is durable and written out. */
  async drained(): Promise<void> {
    let busy: LiveSession[]
    do {
      await this.#services.committer.drained()
      busy = [...this.#open.sessions()].filter((session) => session.hasWork)
      await Promise.all(busy.map((session) => session.calm()))
      if (busy.length > 0) await loopTurns.next()
    } while (busy.length > 0)
    await this.#retention.stop()
    await this.#snapshots.stop(this.#open.sessions())
  }

  #unavailable(err: unknown, what: string, session_id: string): Result<never> {
    return { ok: false, error: this.#services.faults.storage(err, what, { session_id }) }
  }

  /** Where roles count, a template that cannot be read may have kept things from some (rule ACC6). */
  #ruled({ template_id }: SessionRecord): SessionRules {
    if (template_id === null) return NO_TEMPLATE
    const { blueprintOf, digestOf, hasOwners } = this.#services
    const blueprint = blueprintOf(template_id)
    const unknown = hasOwners ? AccessRules.UNKNOWN : null
    return blueprint
      ? { blueprint, rules: blueprint.rules, template_digest: digestOf(blueprint) }
      : { ...NO_TEMPLATE, rules: unknown }
  }

  /** An open session has its turn among the others; one that is not does not stay in memory. */
  async #snapshot(session_id: string): Promise<void> {
    const open = this.#open.held(session_id)
    if (open) return this.#snapshots.ask(open)
    const { journal } = this.#services
    const stored = await journal.loadSession(session_id)
    if (!stored) return
    const state = await inTurns(foldInSteps(stored))
    await journal.writeSnapshot(session_id, state.seq, serialise(capture(state)))
  }

  async #load(session_id: string): Promise<LiveSession | undefined> {
    const stored = await this.#services.journal.loadSession(session_id)
    return stored && this.#live(stored)
  }

  async #live(stored: StoredSession): Promise<LiveSession> {
    const { committer, blueprintOf: _, digestOf: __, ...services } = this.#services
    const opened = {
      ...(await inTurns(foldInSteps(stored))),
      snapshotSeq: stored.snapshot?.seq ?? 0,
      bodies: stored.entries,
    }
    const session = new LiveSession(stored.record, opened, this.#ruled(stored.record), {
      ...services,
      requestCommit: (appender) => committer.request(appender),
      onCommitted: (committed, bodies) => {
        this.#snapshots.committed(committed, bodies)
        this.#services.onAppended?.(committed.record, committed.seq, bodies)
      },
    })
    if (stored.damage !== undefined) {
      const { session_id } = stored.record
      services.log.error({ session_id, damage: stored.damage }, 'opened from the entries alone')
    }
    this.#snapshots.opened(session, stored)
    return session
  }
}
