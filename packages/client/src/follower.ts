import type { Blueprint } from '@talus/graph'
import type { Entry, HistoryEntry } from '@talus/protocol'
import { TalusError, unreadable } from './errors.js'
import { awaitPlanner, blueprintOf } from './graph/prediction.js'
import type { Replica, Snapshot } from './graph/replica.js'
import type { Line } from './line.js'
import type { Joined } from './joined.js'
import type { Rest } from './rest.js'
import { backoff, pause, REFUSAL_DELAYS } from './retry.js'

/**
 * `held`: entries that came before the answer to the join, while something older was fetched, or
 * while the replica rests.
 */
type State =
  | { at: 'detached' }
  | { at: 'joining'; held: Entry[] }
  | { at: 'fetching'; line: Line; held: Entry[] }
  | { at: 'live'; line: Line; held: Entry[] }

type Settings = {
  session_id: string
  replica: Replica
  rest: Rest
  onLive: () => void
  onFetching: () => void
  /** The server does not let this client read; there is no further attempt. */
  onRefused: (error: TalusError) => void
}

/** Entries in one page: the most that the server gives. */
const PAGE = 1_000

/** Steps of the actor from before that can be undone here. */
const RECALLED = 500

/** A transfer of which something came so lately goes on. */
const RECEIVING_MS = 1_000

/** What asking again does not change. */
const FINAL = new Set<string>(['SESSION_NOT_FOUND', 'FORBIDDEN', 'UNAUTHORIZED', 'CLOSED'])

/** Keeps a replica at the head of its session, over as many lines as it takes (rule SYNC2). */
export class Follower {
  readonly #settings: Settings
  #state: State = { at: 'detached' }
  /** The seq of the last entry that was too large to be sent. */
  #unsent = 0
  /** The history that the server shows this client from now on, if it said so. */
  #shown: string | undefined
  /** The epoch at the last join. */
  #epoch = ''
  /**
   * The graph that is being loaded, perhaps since an earlier line: on a slow network a connection
   * is lost more easily than a transfer that goes on.
   */
  #loading: Promise<Snapshot> | undefined
  #receivedAt = 0
  #problem: TalusError | undefined
  /** Templates do not change while a client runs. */
  #blueprint: Blueprint | null = null
  /** The graph came without its rules, as the part that reads them could not be loaded. */
  #lacksRules = false

  constructor(settings: Settings) {
    this.#settings = settings
  }

  /** Whether the server was asked for what is not known here. */
  get isAsking(): boolean {
    return this.#state.at !== 'detached'
  }

  get isLive(): boolean {
    return this.#state.at === 'live'
  }

  /** Why what is missing could not be fetched yet. */
  get problem(): TalusError | undefined {
    return this.#problem
  }

  /** What a join has to say of what is known, to be told the rest only. */
  get known(): { last_seq: number; epoch: string } | undefined {
    const { seq, epoch } = this.#settings.replica
    return epoch === undefined ? undefined : { last_seq: seq, epoch }
  }

  /** Something has come of what is being loaded. */
  received(): void {
    this.#receivedAt = Date.now()
  }

  /** Joins are being asked for: entries may come before the answer is read. */
  expect(): void {
    this.#unsent = 0
    this.#shown = undefined
    this.#state = { at: 'joining', held: [] }
  }

  /** The session is joined on this line. */
  open(line: Line, { seq, epoch, entries, snapshot_required }: Joined): void {
    const held = this.#state.at === 'joining' ? this.#state.held : []
    this.#epoch = this.#shown ?? epoch
    this.#unsent = Math.max(this.#unsent, seq)
    const isSame = this.#settings.replica.epoch === epoch
    if (!this.#lacksRules && (entries || (isSame && !snapshot_required)))
      this.#goOn(line, [...(entries ?? []), ...held])
    else void this.#fetch(line, () => this.#fetchSnapshot(line, seq), held)
  }

  /** The line is lost. */
  cut(): void {
    this.#state = { at: 'detached' }
  }

  receive(entries: Entry[]): void {
    const state = this.#state
    if (state.at === 'detached') return
    state.held.push(...entries)
    if (state.at !== 'live') return
    const { restMs } = this.#settings.replica
    if (restMs === 0) this.#takeHeld(state)
    else if (state.held.length === entries.length) setTimeout(() => this.#takeHeld(state), restMs)
  }

  #takeHeld(state: State): void {
    if (this.#state === state && state.at === 'live') this.#goOn(state.line, state.held)
  }

  /**
   * The entry `seq` was too large to be sent (rule SYNC4), or the client has a role that is shown
   * another history (rule VIEW5).
   */
  resync({ seq, epoch }: { seq: number; epoch: string }): void {
    this.#unsent = Math.max(this.#unsent, seq)
    this.#shown = epoch
    this.#epoch = epoch
    this.#takeHeld(this.#state)
  }

  /** Takes in what came; when something is missing, it is fetched first. */
  #goOn(line: Line, entries: readonly Entry[]): void {
    const { replica, onLive } = this.#settings
    const wasLive = this.isLive
    this.#state = { at: 'live', line, held: [] }
    if (this.#shown !== undefined && this.#shown !== replica.epoch) {
      // What comes next continues a graph that is not here.
      this.#shown = undefined
      void this.#fetch(line, () => this.#fetchSnapshot(line, this.#unsent), [...entries])
      return
    }
    const left = replica.take(entries)
    const next = left[0]?.seq ?? this.#unsent
    if (next <= replica.seq) {
      if (!wasLive) onLive()
      return
    }
    // What continues the replica and still was not taken does not fit: begin anew.
    const isMisfit = left.length > 0 && next === replica.seq + 1
    const work = () => (isMisfit ? this.#fetchSnapshot(line, next) : this.#fetchChanges(line))
    void this.#fetch(line, work, [...left])
  }

  async #fetch(line: Line, work: () => Promise<void>, held: Entry[] = []): Promise<void> {
    this.#state = { at: 'fetching', line, held }
    this.#settings.onFetching()
    for (let attempt = 1; !line.lost.aborted; attempt += 1) {
      try {
        await work()
        break
      } catch (error) {
        if (!(error instanceof TalusError)) return this.#settings.onRefused(unreadable(error))
        if (FINAL.has(error.code) && !error.retryable) return this.#settings.onRefused(error)
        this.#problem = error
        await pause(backoff(attempt, REFUSAL_DELAYS), line.lost)
      }
    }
    if (!line.lost.aborted) this.#goOn(line, held)
  }

  async #fetchChanges(line: Line): Promise<void> {
    const { replica } = this.#settings
    for (;;) {
      const page = await this.#changesAfter(replica.seq).catch((error: TalusError) => {
        if (error.code === 'HISTORY_TRUNCATED') return undefined
        throw error
      })
      if (line.lost.aborted) return
      if (!page || page.epoch !== replica.epoch) return this.#fetchSnapshot(line)
      if (replica.take(page.entries).length > 0) return this.#fetchSnapshot(line, page.seq)
      if (!page.has_more) return
    }
  }

  #changesAfter(after_seq: number) {
    const { session_id, rest } = this.#settings
    return rest.getChanges({ session_id, after_seq, limit: PAGE })
  }

  /** The graph at `min_seq` or later (rule READ1). */
  async #fetchSnapshot(line: Line, min_seq = 0): Promise<void> {
    const isReceiving = Date.now() - this.#receivedAt < RECEIVING_MS
    const earlier = isReceiving ? this.#loading : undefined
    const loading = (this.#loading = earlier ?? this.#load(min_seq))
    const snapshot = await loading.finally(() => {
      if (this.#loading === loading) this.#loading = undefined
    })
    if (line.lost.aborted) return
    if (earlier && snapshot.state.epoch !== this.#epoch) return this.#fetchSnapshot(line, min_seq)
    this.#settings.replica.load(snapshot)
  }

  async #load(min_seq: number): Promise<Snapshot> {
    const { session_id, rest } = this.#settings
    const state = await rest.getGraph({ session_id, min_seq })
    const [blueprint, history, planner] = await Promise.all([
      this.#blueprintOf(state.template_id),
      this.#historyUpTo(state.seq),
      awaitPlanner(),
    ])
    this.#lacksRules = !planner
    return { state, blueprint, history }
  }

  /** Without it predictions lack defaults and checks until the server's entry comes. */
  async #blueprintOf(template_id: string | null): Promise<Blueprint | null> {
    if (template_id === null) return null
    if (this.#blueprint?.template_id === template_id) return this.#blueprint
    try {
      const document = await this.#settings.rest.getTemplateSchema({ template_id })
      return (this.#blueprint = await blueprintOf(template_id, document))
    } catch {
      // Less can be foreseen without it; the server decides by it all the same.
      return null
    }
  }

  async #historyUpTo(seq: number): Promise<readonly HistoryEntry[]> {
    if (seq === 0) return []
    const { session_id, replica, rest } = this.#settings
    const asked = { session_id, actor: replica.actor_id, before_seq: seq + 1, limit: RECALLED }
    try {
      return (await rest.getHistory(asked)).entries
    } catch {
      // Only `canUndo` and `canRedo` know less; the server knows its stacks.
      return []
    }
  }
}
