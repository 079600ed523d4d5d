import { AccessRules, checkLimits, type GraphLimits } from '@talus/graph'
import {
  ok,
  type Actor,
  type Node,
  type OpenedProject,
  type ProjectDocument,
  type Role,
  ROUTES,
} from '@talus/protocol'
import type { ProjectInfo, Result } from '@talus/protocol'
import type { Broadcaster } from '../broadcast/publication.js'
import type { Journal, ListPage, ProjectRecord } from '../journal/journal.js'
import type { Asker, StillHas } from '../members/asker.js'
import type { Faults } from '../observability/faults.js'
import type { SessionStore } from '../sessions/session-store.js'
import { blueprintFor, withTemplate } from './document-template.js'
import { createProject, type Beginning } from './project-creation.js'
import { newEnvelope, type Envelope } from './project-envelope.js'
import { exportDocument, importDocument } from './project-file.js'
import { rootOf } from './project-root.js'
import { ProjectSaves } from './project-saves.js'
import { ProjectSessions } from './project-sessions.js'
import { infoOf, ProjectStore } from './project-store.js'
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

function nameOf([root]: readonly Node[]): string {
  return root?.name.slice(0, MOST_NAME_CHARACTERS) || 'Imported project'
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
  ): Promise<Result<OpenedProject>> {
    const blueprint = this.#services.catalogue.get(template_id)
    if (!blueprint.ok) return blueprint
    const root = rootOf(blueprint.value, project_name, this.#services)
    if (!root.ok) return root
    const envelope = newEnvelope(template_id)
    return this.#begin(actor, { project_name, template_id, nodes: root.value, envelope })
  }

  /**
   * A new project from a file. A template that the file names and the server does not have is left
   * out: then everything is allowed. One that the caller chose has to be there. Errors:
   * NODE_EXISTS, INVALID_PARENT, CYCLE_DETECTED, TEMPLATE_NOT_FOUND, INVALID_TEMPLATE,
   * LIMIT_EXCEEDED.
   */
  async import(
    actor: Actor,
    document: ProjectDocument,
    chosen: ImportChoice = {},
  ): Promise<Result<OpenedProject>> {
    const { catalogue, limits, log, now } = this.#services
    const { template_id: wanted } = chosen
    const template = wanted === undefined ? ok(null) : catalogue.get(wanted)
    if (!template.ok) return template
    const file = wanted === undefined ? document : withTemplate(document, wanted)
    const blueprint = template.value ? template : blueprintFor(file, catalogue, log)
    if (!blueprint.ok) return blueprint
    const imported = importDocument(file, blueprint.value, now())
    if (!imported.ok) return imported
    const { nodes, envelope } = imported.value
    const checked = checkLimits(nodes, limits)
    if (!checked.ok) return checked
    const project_name = chosen.project_name ?? nameOf(nodes)
    const template_id = blueprint.value?.template_id ?? null
    return this.#begin(actor, { project_name, template_id, nodes, envelope })
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
  async load(project_id: string, { caller, into }: Load): Promise<Result<OpenedProject>> {
    const project = await this.#store.get(project_id)
    if (!project.ok) return project
    const own = await this.#rulesOf(project.value)
    if (!own.ok) return own
    const may = own.value?.permissionsOf(caller.role ?? 'viewer').toReplace()
    if (may?.ok === false) return may
    const chosen = into?.session_id
    const session = await this.#sessions.toLoadInto(project.value, { caller, chosen })
    if (!session.ok) return session
    const mayThere =
      into && session.value.rules?.permissionsOf(into.caller.role ?? 'viewer').toReplace()
    if (mayThere?.ok === false) return mayThere
    const saved = await this.#store.saved(project_id)
    if (!saved.ok) return saved
    const nodes = saved.value
    // Never saved: the server stopped while it made the project. What is there is all there is.
    if (!nodes) return ok(this.#sessions.opened(project.value, session.value))
    const checked = checkLimits(nodes, this.#services.limits)
    if (!checked.ok) return checked
    const filled = await this.#sessions.fill(session.value, {
      actor: caller.actor,
      project_id,
      nodes,
      caller: into?.caller ?? caller,
      source: into && caller,
      requires,
    })
    return filled.ok ? ok(this.#sessions.opened(project.value, session.value)) : filled
  }

  /** Oldest first. */
  list(page: ListPage): Promise<Result<ProjectInfo[]>> {
    return this.#store.list(page)
  }

  /** Errors: PROJECT_NOT_FOUND. */
  async get(project_id: string): Promise<Result<ProjectInfo>> {
    const project = await this.#store.get(project_id)
    return project.ok ? ok(infoOf(project.value)) : project
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
   * The file that the project is now, as a role sees it; without its session, what it was at the
   * last save. Errors: PROJECT_NOT_FOUND, SESSION_NOT_FOUND.
   */
  async export(project_id: string, role: Role): Promise<Result<ProjectDocument>> {
    const project = await this.#store.get(project_id)
    if (!project.ok) return project
    const rules = await this.#rulesOf(project.value)
    if (!rules.ok) return rules
    const view = rules.value?.viewOf(role) ?? null
    const envelope = JSON.parse(project.value.envelope) as Envelope
    const live = await this.#sessions.state(project.value)
    if (live.ok) return ok(exportDocument(envelope, live.value.nodes, view))
    if (live.error.code !== 'SESSION_NOT_FOUND') return live
    const saved = await this.#store.saved(project_id)
    if (!saved.ok) return saved
    return saved.value ? ok(exportDocument(envelope, saved.value, view)) : live
  }

  /** The rules that a project's session has, or without it would have. */
  async #rulesOf(project: ProjectRecord): Promise<Result<AccessRules | null>> {
    const state = await this.#sessions.find(project)
    if (state.ok) return ok(state.value.rules)
    if (state.error.code !== 'SESSION_NOT_FOUND') return state
    const { template_id } = project
    if (template_id === null) return ok(null)
    const blueprint = this.#services.catalogue.blueprint(template_id)
    return ok(blueprint ? blueprint.rules : AccessRules.UNKNOWN)
  }

  #begin(actor: Actor, beginning: Beginning): Promise<Result<OpenedProject>> {
    const { newId, now } = this.#services
    const parts = { store: this.#store, sessions: this.#sessions, saves: this.#saves }
    return createProject({ ...parts, newId, now }, actor, beginning)
  }
}
