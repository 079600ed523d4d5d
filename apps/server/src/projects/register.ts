import { createHash, hash } from 'node:crypto'
import { type Actor, fail, type Node, ok, type ProjectInfo, type Result } from '@talus/protocol'
import type { Broadcaster } from '../broadcast/hub.js'
import { type Faults, StorageError } from '../errors.js'
import type {
  Journal,
  ListPage,
  ProjectListing,
  ProjectRecord,
  SharedJournal,
} from '../journal/journal.js'
import type { LiveSession } from '../session/live-session.js'
import { KeyedQueue, loopTurns, takeTurn } from '../turns.js'
import type { NodePieces } from './file.js'
import type { OpenedProject, ProjectSessions } from './sessions.js'

/** Told what a save has written, and who pays for it afterwards. */
export type ChargeSave = (
  payer: { actor_id: string; session_id: string },
  cost: { bytes: number; ms: number },
) => void

type SaveServices = {
  store: ProjectStore
  sessions: ProjectSessions
  broadcaster: Broadcaster
  now: () => string
  spent: ChargeSave | undefined
}

/** Whether it may still be done, at the moment at which it is. */
type Authorised = () => Result<null>

/** Saves projects as their sessions stand. */
export class ProjectSaves {
  readonly #services: SaveServices
  readonly #turns = new KeyedQueue()
  /** Of which project a session has the saved content, and at which seq. */
  readonly #same = new WeakMap<LiveSession, { project_id: string; seq: number }>()

  constructor(services: SaveServices) {
    this.#services = services
  }

  /** Errors: PROJECT_NOT_FOUND, SESSION_NOT_FOUND, STORAGE_UNAVAILABLE, those of `authorised`. */
  save(
    project_id: string,
    actor: Actor,
    authorised: Authorised = () => ok(null),
  ): Promise<Result<ProjectInfo>> {
    // One after the other, so that of two saves the later state is the one that stays.
    return this.#turns.take(project_id, () => this.#save(project_id, actor, authorised))
  }

  /** Does something with what is saved, while it stays as it is. */
  whileSaved<T>(project_id: string, work: () => Promise<T>): Promise<T> {
    return this.#turns.take(project_id, work)
  }

  /** Notes that a session has, at this seq, the content that is saved. */
  isSaved(session: LiveSession, project_id: string, seq: number): void {
    this.#same.set(session, { project_id, seq })
  }

  /** Whether a session is known to have the very content that is saved. */
  hasSaved(session: LiveSession, project_id: string): boolean {
    const same = this.#same.get(session)
    return same?.project_id === project_id && same.seq === session.seq
  }

  async #save(
    project_id: string,
    actor: Actor,
    authorised: Authorised,
  ): Promise<Result<ProjectInfo>> {
    const { store, sessions, broadcaster, now, spent } = this.#services
    const project = await store.get(project_id)
    if (!project.ok) return project
    const state = await sessions.state(project.value)
    if (!state.ok) return state
    const { session, context, seq: saved_seq, image } = state.value
    const may = authorised()
    if (!may.ok) return may
    const timestamp = now()
    let { saved_at } = project.value
    // What is written already is not written again; everybody is told all the same.
    if (saved_at === null || !this.hasSaved(session, project_id)) {
      saved_at = timestamp
      const saved = await store.save(project_id, { nodes: image.nodes(), saved_seq, saved_at })
      if (!saved.ok) return saved
      const payer = { actor_id: actor.id, session_id: session.record.session_id }
      spent?.(payer, { bytes: saved.value, ms: 0 })
      this.isSaved(session, project_id, saved_seq)
    }
    const publication = { kind: 'saved', project_id, saved_seq, timestamp } as const
    broadcaster.publish(context, [publication])
    return ok({ ...project.value, saved_seq, saved_at })
  }
}

/** Characters of a part: writing or reading one takes a millisecond or two. */
const CHARS_PER_PART = 256 * 1024

/** Nodes, in their wire shape, as the parts of a saved document. */
async function writeNodes(nodes: NodePieces): Promise<string[]> {
  const parts: string[] = []
  let texts: string[] = []
  let chars = 0
  for (const node of nodes) {
    if (loopTurns.isOver()) await takeTurn()
    if (!node) continue
    const text = JSON.stringify(node)
    if (texts.length > 0 && chars + text.length > CHARS_PER_PART) {
      parts.push(`[${texts.join(',')}]`)
      texts = []
      chars = 0
    }
    texts.push(text)
    chars += text.length
  }
  parts.push(`[${texts.join(',')}]`)
  return parts
}

/** The nodes of a saved document, in the order in which they were written. */
async function* readNodes(parts: readonly string[]): AsyncGenerator<Node[]> {
  for (const part of parts) {
    if (loopTurns.isOver()) await takeTurn()
    yield JSON.parse(part) as Node[]
  }
}

/** Who creates a project. Both questions are asked at the moment at which the answer counts. */
export type Creator = {
  actor: Actor
  /** Whether one more session may be created. */
  mayCreate: () => Promise<Result<unknown>>
  /** Whether the whole graph of a session may be shown. */
  mayOpen: (session_id: string) => Promise<Result<unknown>>
}

/** The ids of a project that is about to be created. */
export type NewProject = {
  project_id: string
  command: { command_id: string; payload_hash: string } | undefined
}

/** `payload`: what tells one command from another. */
type WantedProject = { command_id: string | undefined; payload: (string | undefined)[] }

function payloadHash(payload: WantedProject['payload']): string {
  return hash('sha1', JSON.stringify(payload), 'base64url')
}

/** The same for the same actor and command, shaped like a UUID of version 8 (RFC 9562). */
function projectIdOf({ id }: Actor, command_id: string): string {
  const bytes = createHash('sha256')
    .update(JSON.stringify([id, command_id]))
    .digest()
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = bytes.toString('hex', 0, 16)
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

type RegisterParts = {
  store: ProjectStore
  sessions: ProjectSessions
  newId: () => string
  exclusively: SharedJournal['exclusively'] | undefined
}

/**
 * Creates one project for one command of an actor (rule IDEM7). There is no list of such commands:
 * the id of the project follows from actor and command, and the payload is compared with that of the
 * entry that filled the project's session. Both are durable before a project is.
 */
export class ProjectRegister {
  readonly #parts: RegisterParts
  readonly #turns = new KeyedQueue()

  constructor(parts: RegisterParts) {
    this.#parts = parts
  }

  /** Errors: COMMAND_ID_REUSED, SESSION_NOT_FOUND, those of `create` and of the creator. */
  async once(
    creator: Creator,
    { command_id, payload }: WantedProject,
    create: (project: NewProject) => Promise<Result<OpenedProject>>,
  ): Promise<Result<OpenedProject>> {
    const admitted = async (project: NewProject) => {
      const may = await creator.mayCreate()
      return may.ok ? create(project) : may
    }
    if (command_id === undefined) {
      return admitted({ project_id: this.#parts.newId(), command: undefined })
    }
    const project_id = projectIdOf(creator.actor, command_id)
    const command = { command_id, payload_hash: payloadHash(payload) }
    const { store, exclusively } = this.#parts
    const createdOnce = async () => {
      const created = await this.#created({ project_id, command }, creator)
      return created ?? admitted({ project_id, command })
    }
    return this.#turns.take(project_id, async () => {
      if (!exclusively) return createdOnce()
      const done = await store.stored('create', () => exclusively(project_id, createdOnce))
      return done.ok ? done.value : done
    })
  }

  /** What the command created before; undefined: nothing. */
  async #created(
    { project_id, command }: Required<NewProject>,
    { mayOpen }: Creator,
  ): Promise<Result<OpenedProject> | undefined> {
    if (!command) return undefined
    const { store, sessions } = this.#parts
    const project = await store.get(project_id)
    if (!project.ok) return project.error.code === 'PROJECT_NOT_FOUND' ? undefined : project
    const { session_id } = project.value
    const may = await mayOpen(session_id)
    if (!may.ok) return may
    const session = await sessions.find(project.value)
    if (!session.ok) return session
    // Nothing is known of a session that was made anew after its deletion.
    const answered = await session.value.answered(command)
    if (answered?.ok === false) return answered
    return ok({ project: project.value, session: session.value, duplicate: true })
  }
}

/** What a save writes: the nodes of a durable state, and when. */
type Save = { nodes: NodePieces; saved_seq: number; saved_at: string }

/** Projects in the journal, with its failures as values. Every method: STORAGE_UNAVAILABLE. */
export class ProjectStore {
  readonly #journal: Journal
  readonly #faults: Faults

  constructor(journal: Journal, faults: Faults) {
    this.#journal = journal
    this.#faults = faults
  }

  list(page: ListPage): Promise<Result<ProjectInfo[]>> {
    return this.stored('list', () => this.#journal.listProjects(page))
  }

  /** Errors: PROJECT_NOT_FOUND. */
  async get(project_id: string): Promise<Result<ProjectListing>> {
    const found = await this.stored('get', () => this.#journal.findProject(project_id))
    if (!found.ok) return found
    return found.value ? ok(found.value) : projectNotFound(project_id)
  }

  /** With what only exports need, which may be long. Errors: PROJECT_NOT_FOUND. */
  async getWhole(project_id: string): Promise<Result<ProjectRecord>> {
    const found = await this.stored('get', () => this.#journal.getProject(project_id))
    if (!found.ok) return found
    return found.value ? ok(found.value) : projectNotFound(project_id)
  }

  async create(project: ProjectRecord): Promise<Result<void>> {
    return await this.stored('create', () => this.#journal.createProject(project))
  }

  /** Gives the characters that it wrote. Errors: PROJECT_NOT_FOUND. */
  async save(project_id: string, { nodes, ...saved }: Save): Promise<Result<number>> {
    const document = await writeNodes(nodes)
    const written = await this.stored('save', () =>
      this.#journal.saveProject(project_id, { ...saved, document }),
    )
    if (!written.ok) return written
    if (!written.value) return projectNotFound(project_id)
    return ok(document.reduce((chars, part) => chars + part.length, 0))
  }

  /** The nodes as they were last saved; undefined for a project that never was. */
  async saved(project_id: string): Promise<Result<AsyncIterable<Node[]> | undefined>> {
    const parts = await this.stored('load', () => this.#journal.savedDocument(project_id))
    if (!parts.ok || !parts.value) return parts as Result<undefined>
    return ok(readNodes(parts.value))
  }

  /** Errors: PROJECT_NOT_FOUND. */
  async delete(project_id: string): Promise<Result<true>> {
    const deleted = await this.stored('delete', () => this.#journal.deleteProject(project_id))
    if (!deleted.ok) return deleted
    return deleted.value ? ok(true) : projectNotFound(project_id)
  }

  async stored<T>(what: string, work: () => Promise<T>): Promise<Result<T>> {
    try {
      return ok(await work())
    } catch (err) {
      if (!(err instanceof StorageError)) throw err
      const failed = 'The storage of projects does not answer'
      return { ok: false, error: this.#faults.storage(err, failed, { what }) }
    }
  }
}

function projectNotFound(project_id: string): Result<never> {
  return fail('PROJECT_NOT_FOUND', 'Project not found', [
    { path: '/project_id', expected: 'the id of an existing project', actual: project_id },
  ])
}
