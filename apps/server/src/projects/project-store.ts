import { fail, ok, type Node, type ProjectInfo, type Result } from '@talus/protocol'
import {
  StorageError,
  type Journal,
  type ListPage,
  type ProjectListing,
  type ProjectRecord,
} from '../journal/journal.js'
import type { Faults } from '../observability/faults.js'
import type { NodePieces } from './project-file.js'
import { readNodes, writeNodes } from './saved-nodes.js'

/** What a save writes: the nodes of a durable state, and when. */
export type Save = { nodes: NodePieces; saved_seq: number; saved_at: string }

/** Projects in the journal, with its failures as values. Every method: STORAGE_UNAVAILABLE. */
export class ProjectStore {
  readonly #journal: Journal
  readonly #faults: Faults

  constructor(journal: Journal, faults: Faults) {
    this.#journal = journal
    this.#faults = faults
  }

  list(page: ListPage): Promise<Result<ProjectInfo[]>> {
    return this.#stored('list', () => this.#journal.listProjects(page))
  }

  /** Errors: PROJECT_NOT_FOUND. */
  async get(project_id: string): Promise<Result<ProjectListing>> {
    const found = await this.#stored('get', () => this.#journal.findProject(project_id))
    if (!found.ok) return found
    return found.value ? ok(found.value) : projectNotFound(project_id)
  }

  /** With what only exports need, which may be long. Errors: PROJECT_NOT_FOUND. */
  async getWhole(project_id: string): Promise<Result<ProjectRecord>> {
    const found = await this.#stored('get', () => this.#journal.getProject(project_id))
    if (!found.ok) return found
    return found.value ? ok(found.value) : projectNotFound(project_id)
  }

  async create(project: ProjectRecord): Promise<Result<void>> {
    return await this.#stored('create', () => this.#journal.createProject(project))
  }

  /** Errors: PROJECT_NOT_FOUND. */
  async save(project_id: string, { nodes, ...saved }: Save): Promise<Result<true>> {
    const document = await writeNodes(nodes)
    const written = await this.#stored('save', () =>
      this.#journal.saveProject(project_id, { ...saved, document }),
    )
    if (!written.ok) return written
    return written.value ? ok(true) : projectNotFound(project_id)
  }

  /** The nodes as they were last saved; undefined for a project that never was. */
  async saved(project_id: string): Promise<Result<AsyncIterable<Node[]> | undefined>> {
    const parts = await this.#stored('load', () => this.#journal.savedDocument(project_id))
    if (!parts.ok || !parts.value) return parts as Result<undefined>
    return ok(readNodes(parts.value))
  }

  /** Errors: PROJECT_NOT_FOUND. */
  async delete(project_id: string): Promise<Result<true>> {
    const deleted = await this.#stored('delete', () => this.#journal.deleteProject(project_id))
    if (!deleted.ok) return deleted
    return deleted.value ? ok(true) : projectNotFound(project_id)
  }

  async #stored<T>(what: string, work: () => Promise<T>): Promise<Result<T>> {
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
