import type { Entry, GraphState, HistoryEntry, JsonObject, Node } from '@talus/protocol'
import type { Captured } from '../graph/replica.js'
import type { Joined } from '../joined.js'
import type { RecordStore } from '../queue/store.js'
import type { Keeper } from './keeper.js'
import type { LastGraph, Living } from './storage.js'
import { isFull } from './words.js'

/** The first record. `history` goes up to `seq`, newest first. */
type Head = {
  version: 1
  at: number
  epoch: string
  seq: number
  template: { id: string; document: JsonObject } | null
  history: readonly Step[]
  joined: Joined
}

/** Then come the nodes, in pre-order, and what was done since the head was written. */
type Part = { nodes: Node[] } | { epoch: string; entries: Entry[] }

/** What is needed of an entry to know what the actor can undo. */
type Step = Pick<HistoryEntry, 'command_id' | 'kind'> & {
  target_command_id?: string | undefined
  summary: { replaced: boolean }
}

const DAY_MS = 24 * 60 * 60 * 1_000

/** A graph that was fetched is written when the page has had time to show it. */
const SNAPSHOT_DELAY_MS = 200

const ENTRIES_DELAY_MS = 200

const RETRY_MS = 60_000

/** Commands under way are taken back while the graph is read: not with many of them. */
const MANY_COMMANDS = 50

/** Entries may take half as many bytes as the snapshot that they follow, and at least these. */
const LEAST_ENTRY_BYTES = 256 * 1024

/** Nodes in one record. */
const CHUNK = 1_000

/** Work in one piece, in milliseconds. */
const PIECE_MS = 8

/** As many as the server gives of one actor's history. */
const MAX_STEPS = 500

/** Lets the page do something else when a piece of work has taken its time. */
function pieces(): () => Promise<void> | undefined {
  let began = performance.now()
  return () => {
    if (performance.now() - began < PIECE_MS) return undefined
    return new Promise((resolve) => {
      setTimeout(() => {
        began = performance.now()
        resolve()
      })
    })
  }
}

/**
 * The last graph of a session as it is stored: a snapshot, written while nothing else happens, and
 * the entries since. When those grow long, a new snapshot takes the place of all.
 */
export class StoredGraph {
  /** Where it is stored; undefined: nowhere yet. */
  #scope: string | undefined
  readonly #keeper: Keeper
  readonly #living: Living
  /** Entries that are in the graph and not in the store. */
  #entries: Entry[] = []
  #history: Step[] = []
  /** What the records are: nothing of use, or a snapshot of this history with what came since. */
  /** The last entry that was in the store when the page was opened. */
  #restored = 0
  /** The template that it came with, until the server has said which one holds. */
  #template: Head['template'] = null
  #written: { epoch: string; bytes: number; entryBytes: number } | undefined
  #wantsSnapshot = false
  #isWriting = false
  /** It is not kept: too large, withdrawn, or removed by another page. */
  #isOff: boolean
  #hasFailed = false
  #timer: ReturnType<typeof setTimeout> | undefined
  readonly #onPageHide = () => this.#writeNow()

  constructor(keeper: Keeper, living: Living) {
    this.#keeper = keeper
    this.#living = living
    this.#isOff = keeper.graphs === null
    globalThis.addEventListener?.('pagehide', this.#onPageHide)
  }

  get scope(): string | undefined {
    return this.#scope
  }

  /** What is stored elsewhere is of an actor that this client is not: it goes. */
  moveTo(scope: string | undefined): void {
    if (this.#scope !== undefined && this.#scope !== scope) {
      this.#erase()
      this.#written = undefined
      this.#wantsSnapshot = true
      this.#entries = []
    }
    this.#scope = scope
  }

  /** Gives what is stored, if it can be shown. Never rejects. */
  async read(): Promise<LastGraph | undefined> {
    const { scope } = this
    if (scope === undefined) return undefined
    if (this.#isOff) {
      this.remove()
      return undefined
    }
    try {
      const records = await this.#keeper.ask('records', (store) => store.records?.read(scope) ?? [])
      return records.length === 0 ? undefined : await this.#parse(records)
    } catch {
      // Whether it can be written shows later; commands that cannot be read are told.
      this.#wantsSnapshot = true
      return undefined
    }
  }

  /** The replica has another graph than what was written. */
  loaded(history: readonly Step[]): void {
    this.#restored = 0
    this.#template = null
    // Another history, or that of another role: nothing of the one before may be shown again.
    if (this.#written && this.#written.epoch !== this.#living.replica.epoch) this.#erase()
    this.#history = [...history]
    this.#written = undefined
    this.#wantsSnapshot = true
    this.#entries = []
    if (this.#keeper.graphs) this.#isOff = false
    this.#writeLater(SNAPSHOT_DELAY_MS)
  }

  note(entry: Entry): void {
    const { command_id, kind, target_command_id, actor, changes } = entry
    const replaced = changes.some(({ type }) => type === 'graph-replaced')
    if (actor.id === this.#living.lastJoined()?.actor?.id || replaced) {
      this.#history.unshift({ command_id, kind, target_command_id, summary: { replaced } })
      this.#history.length = Math.min(this.#history.length, MAX_STEPS)
    }
    if (entry.seq <= this.#restored) return
    if (replaced) return this.loaded(this.#history)
    this.#entries.push(entry)
    if (!this.#wantsSnapshot) this.#writeLater(ENTRIES_DELAY_MS)
  }

  /** The server has confirmed what is shown. */
  live(): void {
    // Neither read nor written: the graph was there before this part was.
    this.#wantsSnapshot ||= !this.#written
    if (this.#wantsSnapshot) this.#writeLater(SNAPSHOT_DELAY_MS)
    void this.#compareTemplate()
  }

  lost(): void {
    if (this.#written) this.loaded(this.#history)
  }

  /** Takes it out of the store, until another graph is fetched. */
  remove(): void {
    this.#isOff = true
    this.#written = undefined
    clearTimeout(this.#timer)
    this.#erase()
  }

  close(): void {
    this.#writeNow()
    this.#isOff = true
    clearTimeout(this.#timer)
    globalThis.removeEventListener?.('pagehide', this.#onPageHide)
  }

  #erase(): void {
    const { scope } = this
    if (scope === undefined) return
    // What cannot be removed now is when the server refuses the next join.
    this.#keeper.ask('records', async ({ records }) => records?.replace(scope, [])).catch(() => {})
  }

  #writeLater(ms: number): void {
    if (this.#isOff || this.#isWriting) return
    if (ms > ENTRIES_DELAY_MS) clearTimeout(this.#timer)
    else if (this.#timer !== undefined) return
    this.#timer = setTimeout(() => void this.#write(), ms)
    ;(this.#timer as { unref?: () => void }).unref?.()
  }

  async #write(): Promise<void> {
    this.#timer = undefined
    const { scope } = this
    if (scope === undefined || this.#isOff || this.#isWriting) return
    this.#isWriting = true
    let delay = ENTRIES_DELAY_MS
    try {
      if (this.#wantsSnapshot) {
        delay = SNAPSHOT_DELAY_MS
        await this.#writeSnapshot(scope)
      } else await this.#writeEntries(scope)
      this.#hasFailed = false
    } catch (cause) {
      this.#fail(cause)
      delay = RETRY_MS
    } finally {
      this.#isWriting = false
    }
    if (this.#wantsSnapshot || this.#entries.length > 0) this.#writeLater(delay)
  }

  async #writeSnapshot(scope: string): Promise<void> {
    const { records } = this.#keeper.store
    const lastJoined = this.#living.lastJoined()
    if (!records || !lastJoined) return this.#giveUp()
    if (this.#living.commands.count > MANY_COMMANDS) return
    const captured = this.#living.replica.capture()
    if (!captured) return
    this.#wantsSnapshot = false
    const { epoch, seq } = captured
    const head = this.#headOf(captured, lastJoined)
    const texts = await this.#textsOf(head, captured)
    // Meanwhile the graph may have been withdrawn, or another one fetched.
    if (this.#isOff || this.#wantsSnapshot) return
    if (!texts) return this.#giveUp()
    await this.#keeper.ask('records', () => records.replace(scope, texts))
    this.#written = { epoch, bytes: lengthOf(texts), entryBytes: 0 }
    this.#entries = this.#entries.filter((entry) => entry.seq > seq)
    await this.#prune(records, scope)
  }

  #headOf({ epoch, seq, blueprint }: Captured, joined: Joined): Head {
    const { client_id, session_id, active_clients, actor, role } = joined
    const { protocol_version, contract_hash } = joined
    // Neither who is there nor the credential of a guest belongs into a store.
    const kept = { client_id, session_id, active_clients, protocol_version, contract_hash }
    return {
      version: 1,
      at: Date.now(),
      epoch,
      seq,
      template: blueprint && { id: blueprint.template_id, document: blueprint.document },
      history: this.#history,
      joined: { ok: true, ...kept, seq, epoch, ...(actor && { actor }), ...(role && { role }) },
    }
  }

  /** Undefined: it is larger than what may be kept. */
  async #textsOf(head: Head, { image }: Captured): Promise<string[] | undefined> {
    const most = this.#keeper.graphs?.bytes ?? 0
    const texts = [JSON.stringify(head)]
    let bytes = texts[0]?.length ?? 0
    let nodes: Node[] = []
    const rest = pieces()
    const finishChunk = () => {
      const text = JSON.stringify({ nodes } satisfies Part)
      bytes += text.length
      texts.push(text)
      nodes = []
    }
    for (const node of image.nodes()) {
      if (node) nodes.push(node)
      if (nodes.length === CHUNK) finishChunk()
      await rest()
      if (bytes > most) return undefined
    }
    finishChunk()
    return bytes > most ? undefined : texts
  }

  async #writeEntries(scope: string): Promise<void> {
    const writing = this.#append(scope)
    if (writing && !(await this.#keeper.ask('records', () => writing))) return this.#giveUp()
    const { bytes, entryBytes } = this.#written ?? { bytes: 0, entryBytes: 0 }
    if (entryBytes > Math.max(LEAST_ENTRY_BYTES, bytes / 2)) this.#wantsSnapshot = true
  }

  /** Hands the entries to the store before it returns. */
  #append(scope: string): Promise<boolean> | undefined {
    const written = this.#written
    const { records } = this.#keeper.store
    if (!written || !records || this.#entries.length === 0) return undefined
    const part: Part = { epoch: written.epoch, entries: this.#entries }
    const text = JSON.stringify(part)
    this.#entries = []
    written.entryBytes += text.length
    return records.append(scope, text)
  }

  /** The page may not live much longer. */
  #writeNow(): void {
    const { scope } = this
    if (scope === undefined || this.#isOff || this.#isWriting || this.#wantsSnapshot) return
    try {
      this.#append(scope)?.catch((cause: unknown) => this.#fail(cause))
    } catch (cause) {
      this.#fail(cause)
    }
  }

  #giveUp(): void {
    this.#wantsSnapshot = false
    this.remove()
  }

  #fail(cause: unknown): void {
    // What is stored may lack something: it is of no use before it is written anew.
    this.#written = undefined
    this.#wantsSnapshot = true
    this.#entries = []
    if (isFull(cause)) this.#giveUp()
    if (this.#hasFailed) return
    this.#hasFailed = true
    this.#keeper.graphFailed(cause)
  }

  async #parse(records: readonly string[]): Promise<LastGraph | undefined> {
    const [first = '', ...others] = records
    const head = JSON.parse(first) as Head
    const { graphs } = this.#keeper
    if (head.version !== 1 || Date.now() - head.at > (graphs?.days ?? 0) * DAY_MS) return undefined
    const nodes: Node[] = []
    const entries = new Map<number, Entry>()
    const rest = pieces()
    let entryBytes = 0
    for (const text of others) {
      const part = JSON.parse(text) as Part
      if ('nodes' in part) for (const node of part.nodes) nodes.push(node)
      else if (part.epoch === head.epoch) {
        // Every page that shows the session writes them: the same entry may come twice.
        for (const entry of part.entries) entries.set(entry.seq, entry)
        entryBytes += text.length
      }
      await rest()
    }
    this.#history = [...head.history]
    const { epoch } = head
    this.#written = { epoch, bytes: lengthOf(records) - entryBytes, entryBytes }
    this.#template = head.template
    // Written anew while it is in use, it does not grow old.
    if (Date.now() - head.at > DAY_MS) this.#wantsSnapshot = true
    const later = [...entries.values()].sort((a, b) => a.seq - b.seq)
    this.#restored = later.at(-1)?.seq ?? head.seq
    const snapshot = {
      state: stateOf(head, nodes),
      blueprint:
        head.template && (await this.#living.blueprintOf(head.template.id, head.template.document)),
      history: head.history as HistoryEntry[],
    }
    return { snapshot, entries: later, joined: head.joined }
  }

  /** A template may have been edited since the page was closed. */
  async #compareTemplate(): Promise<void> {
    const stored = this.#template
    this.#template = null
    if (!stored) return
    try {
      const { rest, replica, blueprintOf } = this.#living
      const document = await rest.getTemplateSchema({ template_id: stored.id })
      const isSame = JSON.stringify(document) === JSON.stringify(stored.document)
      // What reads it may not have been there when the graph was restored.
      if (isSame && replica.view.blueprint) return
      replica.rule(await blueprintOf(stored.id, document))
      this.#wantsSnapshot = true
      this.#writeLater(SNAPSHOT_DELAY_MS)
    } catch {
      // Predictions follow the stored one; the server decides.
    }
  }

  async #prune(records: RecordStore, scope: string): Promise<void> {
    const { graphs } = this.#keeper
    if (!graphs) return
    const kept = await this.#keeper.ask('records', () => records.list())
    let bytes = 0
    let sessions = 0
    for (const each of kept.slice().sort((a, b) => b.at - a.at)) {
      bytes += each.bytes
      sessions += 1
      const isOld = Date.now() - each.at > graphs.days * DAY_MS
      if (each.scope === scope) continue
      if (!isOld && bytes <= graphs.bytes && sessions <= graphs.sessions) continue
      await this.#keeper.ask('records', () => records.replace(each.scope, []))
    }
  }
}

function lengthOf(texts: readonly string[]): number {
  return texts.reduce((sum, { length }) => sum + length, 0)
}

/** `nodes` say all that there is of the roots. */
function stateOf(
  { epoch, seq, template, joined: { session_id } }: Head,
  nodes: Node[],
): GraphState {
  const template_id = template?.id ?? null
  return { session_id, project_id: null, template_id, seq, epoch, roots: [], nodes }
}
