import { type Actor, fail, ok, type Result, type Role } from '@talus/protocol'
import { type Faults, sessionNotFound, StorageError } from '../errors.js'
import type { Journal, Member } from '../journal/journal.js'
import type { AccessChanges } from './access.js'

/** Sessions whose roles are kept in memory. */
const MOST_SESSIONS = 10_000

type MembershipServices = {
  journal: Journal
  now: () => string
  faults: Faults
  changes: AccessChanges
  /** Works while no other server changes the members of the session; absent: there is no other. */
  exclusively: (<T>(session_id: string, work: () => Promise<T>) => Promise<T>) | undefined
  /** How many members a session may have. */
  most: number
  /** Called once a change is durable and counts. */
  onChanged: (session_id: string, actor_id: string, role: Role | null) => void
}

/** Whether whoever asked may still do it: asked right before it is written. */
export type Still = () => Result<null>

type MemberRoles = Map<string, Role>

const NO_MEMBER = fail('MEMBER_NOT_FOUND', 'Nobody with this id is a member')

function keepsAnOwner(
  members: readonly Member[],
  actor_id: string,
  role: Role | null,
): Result<null> {
  const owners = members.filter((member) => member.role === 'owner')
  const isLast = owners.length === 1 && owners[0]?.actor_id === actor_id
  if (!isLast || role === 'owner') return ok(null)
  return fail('LAST_OWNER', 'This is the last owner of the session', [
    { path: '/actor_id', expected: 'another owner first', actual: actor_id },
  ])
}

/**
 * Who has which role in which session. Roles are read from memory, at once, for every request; a
 * change counts from the moment on that it is durable. Errors of every method that gives a Result:
 * STORAGE_UNAVAILABLE.
 */
export class Memberships {
  readonly #services: MembershipServices
  /** The least recently loaded session first. */
  readonly #known = new Map<string, MemberRoles>()
  readonly #loading = new Map<string, Promise<void>>()
  /** Changes of one session come one after the other. */
  readonly #turns = new Map<string, Promise<unknown>>()

  constructor(services: MembershipServices) {
    this.#services = services
  }

  /** Null: no member; undefined: not in memory, load it first. */
  peek(session_id: string, actor_id: string): Role | null | undefined {
    const roles = this.#known.get(session_id)
    return roles && (roles.get(actor_id) ?? null)
  }

  /** Brings the roles of a session into memory. Rejects with `StorageError`. */
  load(session_id: string): Promise<void> {
    const under_way = this.#loading.get(session_id)
    if (under_way) return under_way
    const loading: Promise<void> = this.#read(session_id, () => {
      return this.#loading.get(session_id) === loading
    }).finally(() => {
      if (this.#loading.get(session_id) === loading) this.#loading.delete(session_id)
    })
    this.#loading.set(session_id, loading)
    return loading
  }

  list(session_id: string): Promise<Result<Member[]>> {
    return this.#stored(session_id, () => this.#services.journal.members(session_id))
  }

  /** Errors: MEMBER_NOT_FOUND. */
  async get(session_id: string, actor_id: string): Promise<Result<Member>> {
    const members = await this.list(session_id)
    if (!members.ok) return members
    const member = members.value.find((one) => one.actor_id === actor_id)
    return member ? ok(member) : NO_MEMBER
  }

  /** Gives somebody a role. Errors: LAST_OWNER, LIMIT_EXCEEDED, SESSION_NOT_FOUND. */
  put(
    session_id: string,
    { actor_id, role, by, still }: { actor_id: string; role: Role; by: Actor; still: Still },
  ): Promise<Result<Member>> {
    const { journal, now } = this.#services
    return this.#inTurn(session_id, async () => {
      const members = await this.list(session_id)
      if (!members.ok) return members
      const keeps =
        this.#admits(members.value, actor_id) ?? keepsAnOwner(members.value, actor_id, role)
      const may = keeps.ok ? still() : keeps
      if (!may.ok) return may
      const member = { actor_id, name: null, role, added_at: now(), added_by: by.id }
      const written = await this.#stored(session_id, () => journal.putMember(session_id, member))
      if (!written.ok) return written
      if (!written.value) return { ok: false, error: sessionNotFound(session_id) }
      this.#changed(session_id, actor_id, role)
      const put = await this.get(session_id, actor_id)
      // Nobody else is taken out meanwhile: the session itself has gone.
      const isGone = !put.ok && put.error.code === 'MEMBER_NOT_FOUND'
      return isGone ? { ok: false, error: sessionNotFound(session_id) } : put
    })
  }

  /** Takes somebody's role. Errors: MEMBER_NOT_FOUND, LAST_OWNER. */
  remove(session_id: string, actor_id: string, still: Still): Promise<Result<true>> {
    const { journal } = this.#services
    return this.#inTurn(session_id, async () => {
      const members = await this.list(session_id)
      if (!members.ok) return members
      if (!members.value.some((one) => one.actor_id === actor_id)) return NO_MEMBER
      const keeps = keepsAnOwner(members.value, actor_id, null)
      const may = keeps.ok ? still() : keeps
      if (!may.ok) return may
      const gone = await this.#stored(session_id, () => journal.deleteMember(session_id, actor_id))
      if (!gone.ok) return gone
      this.#changed(session_id, actor_id, null)
      return ok(true)
    })
  }

  /** The session is new or gone: what was known of it counts no longer. */
  forget(session_id: string): void {
    this.#services.changes.add(session_id)
    this.#known.delete(session_id)
    // A list that is being read may be of the session before.
    this.#loading.delete(session_id)
  }

  /**
   * Another server may have changed the roles: reads them anew. True: they are others than were known,
   * or cannot be read, and count no longer.
   */
  async refresh(session_id: string): Promise<boolean> {
    // A list that is being read may be the one before.
    let isSame = !this.#loading.has(session_id)
    if (isSame && !this.#known.has(session_id)) return false
    try {
      const members = await this.#services.journal.members(session_id)
      const known = this.#known.get(session_id)
      isSame &&= known?.size === members.length
      isSame &&= members.every(({ actor_id, role }) => known?.get(actor_id) === role)
    } catch {
      // Whoever asks for a role next learns that the storage does not answer.
      isSame = false
    }
    if (!isSame) this.forget(session_id)
    return !isSame
  }

  #changed(session_id: string, actor_id: string, role: Role | null): void {
    const roles = this.#known.get(session_id)
    if (role === null) roles?.delete(actor_id)
    else roles?.set(actor_id, role)
    this.#services.changes.add(session_id)
    this.#services.onChanged(session_id, actor_id, role)
  }

  /** A refusal for one member too many; undefined: there is room, or it is a member already. */
  #admits(members: readonly Member[], actor_id: string): Result<null> | undefined {
    const { most } = this.#services
    if (members.length < most || members.some((one) => one.actor_id === actor_id)) return undefined
    const expected = `at most ${most.toLocaleString('en')} members of a session`
    const actual = members.length + 1
    return fail('LIMIT_EXCEEDED', `Expected ${expected}`, [{ path: '', expected, actual }])
  }

  async #read(session_id: string, isCurrent: () => boolean): Promise<void> {
    const { journal, changes } = this.#services
    const before = changes.of(session_id)
    const members = await journal.members(session_id)
    if (!isCurrent()) return this.load(session_id)
    // A list that was read while a change was written may lack it.
    if (changes.of(session_id) !== before) return this.#read(session_id, isCurrent)
    this.#known.delete(session_id)
    this.#known.set(session_id, new Map(members.map(({ actor_id, role }) => [actor_id, role])))
    const [oldest] = this.#known.keys()
    if (this.#known.size > MOST_SESSIONS && oldest !== undefined) this.#known.delete(oldest)
  }

  #inTurn<T>(session_id: string, work: () => Promise<Result<T>>): Promise<Result<T>> {
    const { exclusively } = this.#services
    const alone = async (): Promise<Result<T>> => {
      if (!exclusively) return work()
      const done = await this.#stored(session_id, () => exclusively(session_id, work))
      return done.ok ? done.value : done
    }
    const before = this.#turns.get(session_id) ?? Promise.resolve()
    const turn = before.then(alone, alone)
    this.#turns.set(session_id, turn)
    return turn.finally(() => {
      if (this.#turns.get(session_id) === turn) this.#turns.delete(session_id)
    })
  }

  async #stored<T>(session_id: string, work: () => Promise<T>): Promise<Result<T>> {
    try {
      return ok(await work())
    } catch (err) {
      if (!(err instanceof StorageError)) throw err
      const what = 'The members could not be read or written'
      return { ok: false, error: this.#services.faults.storage(err, what, { session_id }) }
    }
  }
}
