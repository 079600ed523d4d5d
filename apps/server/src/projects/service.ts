import { AccessRules, type GraphLimits, GraphMeasure } from '@talus/graph'
import {
  type Actor,
  type ImportWarning,
  type Node,
  ok,
  type ProjectInfo,
  type Result,
  type Role,
  ROUTES,
} from '@talus/protocol'
import type { StillHas } from '../auth/access.js'
import type { Caller } from '../auth/identity.js'
import type { Broadcaster } from '../broadcast/hub.js'
import type { Faults } from '../errors.js'
import type { Journal, ListPage, ProjectListing, SharedJournal } from '../journal/journal.js'
import type { LiveSession } from '../session/live-session.js'
import type { SessionStore } from '../session/store.js'
import {
  blueprintFor,
  envelopeText,
  type FileTemplate,
  nameKeysOf,
  newEnvelope,
  StoredEnvelope,
} from './file-envelope.js'
import { fileJson, type NodePieces } from './file.js'
import type { ProjectFile } from './parsers.js'
import {
  type ChargeSave,
  type Creator,
  type NewProject,
  ProjectRegister,
  ProjectSaves,
  ProjectStore,
} from './register.js'
import {
  type Beginning,
  createProject,
  type Filling,
  type OpenedProject,
  ProjectSessions,
  rootOf,
} from './sessions.js'
import type { Templates } from './templates.js'

/** What projects stand on. */
export type ProjectServices = {
  journal: Journal
  stillHas: StillHas
  /** Told what saves write; absent: nobody pays. */
  spent: ChargeSave | undefined
  sessions: SessionStore
  catalogue: Templates
  /** Works while no other server does so under the same key; absent: there are none. */
  exclusively: SharedJournal['exclusively'] | undefined
  broadcaster: Broadcaster
  /** How large a graph may be. */
  limits: GraphLimits
  newId: () => string
  now: () => string
  log: {
    error: (fields: object, message: string) => void
    warn: (fields: object, message: string) => void
  }
  faults: Faults
}

/** The longest name of a project, as the contract has it: one that a file gives is cut. */
const MOST_NAME_CHARACTERS = 1_024

/**
 * A name that the contract and each database take, from one of a node, which may hold anything: a NUL
 * ends a text in SQLite, and a cut may leave half of a surrogate pair.
 */
function nameOf(root = ''): string {
  const name = root.replaceAll(/\p{Cc}/gu, ' ').slice(0, MOST_NAME_CHARACTERS)
  return name.replace(/\p{Surrogate}$/u, '').trim() || 'Imported project'
}

/** What an import may say beside the file. */
export type ImportChoice = { project_name?: string; template_id?: string; command_id?: string }

type NewProjectChoice = { template_id: string; project_name: string; command_id?: string }

/** A project that was imported, with what was made of its file where that was not clear. */
export type Imported = OpenedProject & { warnings: ImportWarning[]; more_warnings: number }

/** Who loads a project, and into which session if not its own, as the caller in each of both. */
export type Load = { caller: Caller; into?: { session_id: string; caller: Caller } }

/** Loading and saving are for editors. */
const { requires } = ROUTES.LoadProject

/**
 * Projects: graphs with a name that can be saved, loaded and exchanged as files. A project has one
 * session, in which it is edited; the saved document is what `load` goes back to. Expected failures
 * are values; STORAGE_UNAVAILABLE is among those of every method.
 */
export class ProjectService {
  readonly #services: ProjectServices
  readonly #store: ProjectStore
  readonly #sessions: ProjectSessions
  readonly #saves: ProjectSaves
  readonly #register: ProjectRegister

  constructor(services: ProjectServices) {
    const { journal, faults, sessions, newId, broadcaster, now, spent } = services
    this.#services = services
    this.#store = new ProjectStore(journal, faults)
    this.#sessions = new ProjectSessions(sessions, newId)
    const saving = { store: this.#store, sessions: this.#sessions, broadcaster, now, spent }
    this.#saves = new ProjectSaves(saving)
    const { exclusively } = services
    const parts = { store: this.#store, sessions: this.#sessions, newId, exclusively }
    this.#register = new ProjectRegister(parts)
  }

  /**
   * A new project with its root. Errors: TEMPLATE_NOT_FOUND, INVALID_TEMPLATE; of a `command_id` that
   * was used before, COMMAND_ID_REUSED, SESSION_NOT_FOUND, FORBIDDEN.
   */
  create(
    creator: Creator,
    { command_id, template_id, project_name }: NewProjectChoice,
  ): Promise<Result<OpenedProject>> {
    const payload = [template_id, project_name]
    return this.#register.once(creator, { command_id, payload }, async (project) => {
      const blueprint = this.#services.catalogue.get(template_id)
      if (!blueprint.ok) return blueprint
      const root = rootOf(blueprint.value, project_name, this.#services)
      if (!root.ok) return root
      const envelope = envelopeText(newEnvelope(template_id))
      const pieces = inOnePiece(root.value)
      const beginning = { project_name, template_id, pieces, envelope }
      return this.#begin(creator.actor, beginning, project)
    })
  }

  /**
   * A new project from a file. A template that the file names and the server cannot use is left out:
   * then everything is allowed. One that the caller chose has to be there. Errors: NODE_EXISTS,
   * CYCLE_DETECTED, TEMPLATE_NOT_FOUND, INVALID_TEMPLATE, LIMIT_EXCEEDED, those of a `command_id`.
   */
  async import(
    creator: Creator,
    file: ProjectFile,
    { command_id, ...chosen }: ImportChoice,
  ): Promise<Result<Imported>> {
    const { catalogue, log, now } = this.#services
    const { template_id: wanted } = chosen
    const asked = wanted === undefined ? ok(null) : catalogue.get(wanted)
    if (!asked.ok) return asked
    const template: Result<FileTemplate> = asked.value
      ? ok({ blueprint: asked.value })
      : blueprintFor(file, catalogue, log)
    if (!template.ok) return template
    const { blueprint, warning } = template.value
    const name_keys = nameKeysOf(blueprint)
    const prepared = await file.prepare({ template_id: wanted, name_keys, now: now() })
    if (!prepared.ok) return prepared
    const envelope = await file.envelope()
    if (!envelope.ok) return envelope
    const project_name = chosen.project_name ?? nameOf(prepared.value.name)
    const template_id = blueprint?.template_id ?? null
    const pieces = piecesOf(file)
    const beginning = { project_name, template_id, pieces, envelope: envelope.value }
    const payload = [wanted, chosen.project_name, file.digest]
    const opened = await this.#register.once(creator, { command_id, payload }, (project) =>
      this.#begin(creator.actor, beginning, project),
    )
    if (!opened.ok) return opened
    const { list, count } = prepared.value.warnings
    const warnings = warning ? [warning, ...list] : [...list]
    return ok({ ...opened.value, warnings, more_warnings: count - list.length })
  }

  /**
   * Saves what is durable now, and tells the room. Errors: PROJECT_NOT_FOUND, SESSION_NOT_FOUND,
   * FORBIDDEN.
   */
  save(project_id: string, caller: Caller): Promise<Result<ProjectInfo>> {
    const { stillHas } = this.#services
    return this.#saves.save(project_id, caller.actor, () => stillHas(caller, requires))
  }

  /**
   * Puts the graph back to the last save, in the project's own session or in another that may take
   * it. Whoever does so needs what the strictest rule of either asks for (rule ACC5). Errors:
   * PROJECT_NOT_FOUND, SESSION_NOT_FOUND, BAD_REQUEST, FORBIDDEN, LIMIT_EXCEEDED.
   */
  async load(project_id: string, { caller, into }: Load): Promise<Result<OpenedProject>> {
    const found = await this.#store.get(project_id)
    if (!found.ok) return found
    const project = found.value
    const own = await this.#rulesOf(project)
    if (!own.ok) return own
    const may = own.value?.permissionsOf(caller.role ?? 'viewer').toReplace()
    if (may?.ok === false) return may
    const chosen = into?.session_id
    const session = await this.#sessions.toLoadInto(project, { caller, chosen })
    if (!session.ok) return session
    const mayThere =
      into && session.value.rules?.permissionsOf(into.caller.role ?? 'viewer').toReplace()
    if (mayThere?.ok === false) return mayThere
    const opened = { project, session: session.value }
    const filled = await this.#saves.whileSaved(project_id, () =>
      this.#fill(opened, {
        actor: caller.actor,
        caller: into?.caller ?? caller,
        source: into && caller,
        requires,
      }),
    )
    return filled.ok ? ok(opened) : filled
  }

  /** Fills a session with what is saved. */
  async #fill(
    { project: { project_id }, session }: OpenedProject,
    asked: Omit<Filling, 'project_id' | 'pieces'>,
  ): Promise<Result<true>> {
    const saved = await this.#store.saved(project_id)
    if (!saved.ok) return saved
    // Never saved: the server stopped while it made the project. What is there is all there is.
    if (!saved.value) return ok(true)
    const nodes = await this.#measured(saved.value)
    if (!nodes.ok) return nodes
    const pieces = inOnePiece(nodes.value)
    const filled = await this.#sessions.fill(session, { ...asked, project_id, pieces })
    if (filled.ok) this.#saves.isSaved(session, project_id, filled.value)
    return filled.ok ? ok(true) : filled
  }

  /** All nodes of a saved document. Errors: LIMIT_EXCEEDED. */
  async #measured(pieces: AsyncIterable<Node[]>): Promise<Result<Node[]>> {
    const measure = new GraphMeasure(this.#services.limits)
    const all: Node[] = []
    for await (const nodes of pieces) {
      for (const node of nodes) {
        const measured = measure.add(node)
        if (!measured.ok) return measured
        all.push(node)
      }
      const counted = measure.count(all.length)
      if (!counted.ok) return counted
    }
    return ok(all)
  }

  /** The session that a project is edited in, where both are there. */
  async sessionOf(project_id: string): Promise<LiveSession | undefined> {
    const project = await this.#store.get(project_id)
    const session = project.ok ? await this.#sessions.find(project.value) : project
    return session.ok ? session.value : undefined
  }

  /** Oldest first. */
  list(page: ListPage): Promise<Result<ProjectInfo[]>> {
    return this.#store.list(page)
  }

  /** Errors: PROJECT_NOT_FOUND. */
  get(project_id: string): Promise<Result<ProjectInfo>> {
    return this.#store.get(project_id)
  }

  /** Deletes the project and its saved document; the session stays. Errors: PROJECT_NOT_FOUND. */
  async delete(project_id: string, caller: Caller): Promise<Result<true>> {
    const project = await this.#store.get(project_id)
    if (!project.ok) return project
    const may = this.#services.stillHas(caller, ROUTES.DeleteProject.requires)
    if (!may.ok) return may
    const deleted = await this.#store.delete(project_id)
    if (deleted.ok) await this.#sessions.release(project.value)
    return deleted
  }

  /**
   * The file that the project is now, as a role sees it, as JSON in pieces; without its session,
   * what it was at the last save. Errors: PROJECT_NOT_FOUND, SESSION_NOT_FOUND.
   */
  async export(project_id: string, role: Role): Promise<Result<Generator<string | undefined>>> {
    const project = await this.#store.getWhole(project_id)
    if (!project.ok) return project
    const rules = await this.#rulesOf(project.value)
    if (!rules.ok) return rules
    const nodes = await this.#nodesOf(project.value)
    if (!nodes.ok) return nodes
    const view = rules.value?.viewOf(role) ?? null
    return ok(fileJson(new StoredEnvelope(project.value.envelope), nodes.value, view))
  }

  async #nodesOf(project: ProjectListing): Promise<Result<NodePieces>> {
    const live = await this.#sessions.state(project)
    if (live.ok) return ok(live.value.image.nodes())
    if (live.error.code !== 'SESSION_NOT_FOUND') return live
    const saved = await this.#store.saved(project.project_id)
    if (!saved.ok) return saved
    if (!saved.value) return live
    const nodes: Node[] = []
    for await (const some of saved.value) for (const node of some) nodes.push(node)
    return ok(nodes)
  }

  /** The rules that a project's session has, or without it would have. */
  async #rulesOf(project: ProjectListing): Promise<Result<AccessRules | null>> {
    const state = await this.#sessions.find(project)
    if (state.ok) return ok(state.value.rules)
    if (state.error.code !== 'SESSION_NOT_FOUND') return state
    const { template_id } = project
    if (template_id === null) return ok(null)
    const blueprint = this.#services.catalogue.blueprint(template_id)
    return ok(blueprint ? blueprint.rules : AccessRules.UNKNOWN)
  }

  #begin(actor: Actor, beginning: Beginning, project: NewProject): Promise<Result<OpenedProject>> {
    const { now } = this.#services
    const parts = { store: this.#store, sessions: this.#sessions, saves: this.#saves, now }
    return createProject(parts, actor, beginning, project)
  }
}

async function* inOnePiece(nodes: Node[]): AsyncGenerator<Node[]> {
  yield nodes
}

/** The nodes of a file, as fast as they are taken. */
async function* piecesOf(file: ProjectFile): AsyncGenerator<Node[]> {
  let piece = await file.next()
  // A file without nodes makes an empty graph.
  if (piece.ok && piece.value === undefined) yield []
  for (; piece.ok && piece.value !== undefined; piece = await file.next()) {
    yield JSON.parse(piece.value) as Node[]
  }
  // It has been read once already: nothing is expected to go wrong.
  if (!piece.ok) throw new Error(piece.error.message)
}
