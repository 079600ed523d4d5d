import { AccessRules, GraphMeasure, type GraphLimits } from '@talus/graph'
import { ok, ROUTES, type Actor, type Node, type Role } from '@talus/protocol'
import type { ProjectInfo, Result } from '@talus/protocol'
import type { Broadcaster } from '../broadcast/publication.js'
import type { Journal, ListPage, ProjectListing } from '../journal/journal.js'
import type { Asker, StillHas } from '../members/asker.js'
import type { Faults } from '../observability/faults.js'
import type { LiveSession } from '../sessions/live-session.js'
import type { SessionStore } from '../sessions/session-store.js'
import type { ProjectFile } from '../parsing/parsers.js'
import { blueprintFor, nameKeysOf } from './document-template.js'
import { createProject, type Beginning } from './project-creation.js'
import { envelopeText, newEnvelope, StoredEnvelope } from './project-envelope.js'
import { fileJson, type NodePieces } from './project-file.js'
import { rootOf } from './project-root.js'
import { ProjectSaves } from './project-saves.js'
import { ProjectSessions, type Filling, type Opened } from './project-sessions.js'
import { ProjectStore } from './project-store.js'
import type { Templates } from './templates.js'

/** What projects stand on. */
export type ProjectServices = {
  journal: Journal
  stillHas: StillHas
  sessions: SessionStore
  catalogue: Templates
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

function nameOf(root: string | undefined): string {
  return root?.slice(0, MOST_NAME_CHARACTERS) || 'Imported project'
}

/** What an import may say beside the file. */
export type ImportChoice = { project_name?: string; template_id?: string }

/** Who loads a project, and into which session if not its own, as the caller in each of both. */
export type Load = { caller: Asker; into?: { session_id: string; caller: Asker } }

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

  constructor(services: ProjectServices) {
    const { journal, faults, sessions, newId, broadcaster, now } = services
    this.#services = services
    this.#store = new ProjectStore(journal, faults)
    this.#sessions = new ProjectSessions(sessions, newId)
    const saving = { store: this.#store, sessions: this.#sessions, broadcaster, now }
    this.#saves = new ProjectSaves(saving)
  }

  /** A new project with its root. Errors: TEMPLATE_NOT_FOUND, INVALID_TEMPLATE. */
  async create(
    actor: Actor,
    { template_id, project_name }: { template_id: string; project_name: string },
  ): Promise<Result<Opened>> {
    const blueprint = this.#services.catalogue.get(template_id)
    if (!blueprint.ok) return blueprint
    const root = rootOf(blueprint.value, project_name, this.#services)
    if (!root.ok) return root
    const envelope = envelopeText(newEnvelope(template_id))
    const pieces = inOnePiece(root.value)
    return this.#begin(actor, { project_name, template_id, pieces, envelope })
  }

  /**
   * A new project from a file. A template that the file names and the server does not have is left
   * out: then everything is allowed. One that the caller chose has to be there. Errors:
   * NODE_EXISTS, INVALID_PARENT, CYCLE_DETECTED, TEMPLATE_NOT_FOUND, INVALID_TEMPLATE,
   * LIMIT_EXCEEDED.
   */
  async import(
    actor: Actor,
    file: ProjectFile,
    chosen: ImportChoice = {},
  ): Promise<Result<Opened>> {
    const { catalogue, log, now } = this.#services
    const { template_id: wanted } = chosen
    const template = wanted === undefined ? ok(null) : catalogue.get(wanted)
    if (!template.ok) return template
    const blueprint = template.value ? template : blueprintFor(file.template_id, catalogue, log)
    if (!blueprint.ok) return blueprint
    const name_keys = nameKeysOf(blueprint.value)
    const prepared = await file.prepare({ template_id: wanted, name_keys, now: now() })
    if (!prepared.ok) return prepared
    const envelope = await file.envelope()
    if (!envelope.ok) return envelope
    const project_name = chosen.project_name ?? nameOf(prepared.value.name)
    const template_id = blueprint.value?.template_id ?? null
    const pieces = piecesOf(file)
    return this.#begin(actor, { project_name, template_id, pieces, envelope: envelope.value })
  }

  /**
   * Saves what is durable now, and tells the room. Errors: PROJECT_NOT_FOUND, SESSION_NOT_FOUND,
   * FORBIDDEN.
   */
  save(project_id: string, caller: Asker): Promise<Result<ProjectInfo>> {
    const { stillHas } = this.#services
    return this.#saves.save(project_id, () => stillHas(caller, requires))
  }

  /**
   * Puts the graph back to the last save, in the project's own session or in another that may take
   * it. Whoever does so needs what the strictest rule of either asks for (rule ACC5). Errors:
   * PROJECT_NOT_FOUND, SESSION_NOT_FOUND, BAD_REQUEST, FORBIDDEN, LIMIT_EXCEEDED.
   */
  async load(project_id: string, { caller, into }: Load): Promise<Result<Opened>> {
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
    { project: { project_id }, session }: Opened,
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
  async delete(project_id: string, caller: Asker): Promise<Result<true>> {
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

  #begin(actor: Actor, beginning: Beginning): Promise<Result<Opened>> {
    const { newId, now } = this.#services
    const parts = { store: this.#store, sessions: this.#sessions, saves: this.#saves }
    return createProject({ ...parts, newId, now }, actor, beginning)
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
