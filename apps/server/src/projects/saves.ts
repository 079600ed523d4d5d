import { type Actor, type Node, ok, type ProjectInfo, type Result } from '@talus/protocol'
import type { Broadcaster } from '../broadcast/hub.js'
import type { LiveSession } from '../session/live-session.js'
import { KeyedQueue, loopTurns, takeTurn } from '../turns.js'
import type { NodePieces } from './file.js'
import type { ProjectStore } from './register.js'
import type { ProjectSessions } from './sessions.js'

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
export async function writeNodes(nodes: NodePieces): Promise<string[]> {
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
export async function* readNodes(parts: readonly string[]): AsyncGenerator<Node[]> {
  for (const part of parts) {
    if (loopTurns.isOver()) await takeTurn()
    yield JSON.parse(part) as Node[]
  }
}
