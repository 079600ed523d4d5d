import {
  type AccessRules,
  type Blueprint,
  type GraphImage,
  type GraphLimits,
  jsonInSteps,
  type Steps,
} from '@talus/graph'
import type { Ack, Entry, Failure, Preview } from '@talus/protocol'
import type { Broadcaster } from '../broadcast/hub.js'
import type { Publication, SessionContext } from '../broadcast/publication.js'
import { type Faults, NOT_DURABLE, refusal, sessionNotFound, StorageError } from '../errors.js'
import { type EntryText, textOf, wholeText } from '../journal/entry-text.js'
import type {
  AppendBatch,
  AppendOutcome,
  Journal,
  SessionRecord,
  SharedJournal,
} from '../journal/journal.js'
import type { Expense, Payer } from '../limits/accounts.js'
import type { PresenceBoard } from '../presence/presence.js'
import { loopTurns } from '../turns.js'
import type { Appender } from './committer.js'
import { Calm, LongWork, metered } from './long-work.js'
import { batchOf, entryOf, mayBeOld, type Pending, Pipeline, receiptOf } from './pipeline.js'
import type { Plan, Planner } from './planning.js'
import { Retries } from './retries.js'
import { SessionDocument, type SessionState } from './document.js'
import { SessionTail } from './tail.js'
import { ToldEntries } from './told-entries.js'
import { SessionPublisher } from './publisher.js'
import { type ExecuteTask, mayTakeLong, type PreviewTask, type Task, type Waiting } from './task.js'

/** Tasks that may wait in one session before more are refused as OVERLOADED. */
const MAX_WAITING = 10_000

const OVERLOADED: Failure = {
  code: 'OVERLOADED',
  message: `More than ${MAX_WAITING} commands wait in this session; try again later`,
}

/** How long callers are asked to wait until some of what a session has to do is done. */
const RETRY_MS = 100

function tooManyBytes(most: number): Failure {
  const expected = `at most ${most.toLocaleString('en')} bytes of commands that wait in a session`
  return {
    code: 'OVERLOADED',
    message: `Expected ${expected}`,
    details: [{ path: '', expected, hint: 'try again later' }],
    retry_after_ms: RETRY_MS,
  }
}

/** Entries that are read at a time when others have appended to the session, and their characters. */
const PAGE = 500
const PAGE_CHARS = 1024 * 1024

/** How often it is tried to come to a seq that the journal has. */
const TRIES = 5

/** What the journal keeps of a command that changes nothing, roughly. */
const RECEIPT_BYTES = 700

/** Commands of a group that are taken in, or answered, in one step. */
const PENDING_PER_STEP = 8

/** Commands of a group that are planned as they come; of more, a slice in each turn. */
const PLANNED_AT_ONCE = 16

/** Steps of a plan that are taken at once: nearly all plans have no more. */
const STEPS_AT_ONCE = 4

/** A task that is to be planned, and its caller. */
type Planning = Waiting & { task: Task }

function previewOf(planned: Plan, { command_id }: Task, seq: number): Preview {
  if (planned.outcome === 'refused') return refusal(planned.failure, command_id)
  if (planned.outcome === 'nothing') return { ok: true, seq, changes: [], result: planned.result }
  const { changes, result = null } = planned.draft
  return { ok: true, seq, changes, result }
}

/** A command that was executed before would change nothing, and be answered as it was (CMD10). */
function previewOfOld(ack: Ack, seq: number): Preview {
  if (!ack.ok) return ack
  const { command_id, result } = ack
  return { ok: true, command_id, seq: ack.seq ?? seq, changes: [], result, duplicate: true }
}

/** A session as it was opened; `bodies` are the entries that were stored last, up to its seq. */
export type OpenedState = SessionState & { snapshotSeq: number; bodies: readonly EntryText[] }

/** What a template says of a session; null: nothing. */
export type SessionRules = {
  blueprint: Blueprint | null
  rules: AccessRules | null
  template_digest: string | null
}

/** What a session needs from its surroundings. */
export type SessionServices = {
  journal: Journal
  /** What other servers have consumed of undo steps; absent: there are none. */
  consumedFrom: SharedJournal['consumedFrom'] | undefined
  broadcaster: Broadcaster
  requestCommit: (appender: Appender) => void
  presence: Pick<PresenceBoard, 'prune'>
  planner: Planner
  /** Called after entries became durable, with their JSON. */
  onCommitted: (session: LiveSession, bodies: readonly EntryText[]) => void
  /** Told what each task cost that was planned; absent: nobody pays. */
  spent: ((payer: Payer, cost: Expense) => void) | undefined
  /** How large a graph may become. */
  limits: GraphLimits
  /** Bytes that the tasks of a session may hold, and what they came to until it is durable. */
  pendingBytes: number
  newId: () => string
  now: () => string
  log: { error: (fields: object, message: string) => void }
  faults: Faults
}

/**
 * One session in memory: the only place where its tasks are ordered. A task is planned and applied
 * at once, made durable in a group, and only then seen by anybody (rule CMD1).
 */
export class LiveSession implements Appender {
  readonly record: SessionRecord
  readonly #services: SessionServices
  readonly #pipeline = new Pipeline()
  readonly #retries: Retries
  /** Of the stored snapshot; 0: there is none. */
  snapshotSeq: number
  /** The newest durable entries, for those who follow. */
  readonly tail: SessionTail
  readonly #document: SessionDocument
  readonly #context: SessionContext
  readonly #publisher: SessionPublisher
  readonly #long = new LongWork()
  readonly #calm = new Calm()
  /** What is planned in turns. */
  #tried: Waiting | undefined
  #committing = false
  #pumpsLater = false
  #catchingUp: Promise<void> | undefined
  /** The last seq that others are known to have appended. */
  #ahead = 0
  /** The seq from which on nothing is known of steps that others have consumed. */
  #consumedTo: number
  /** What may be planned now, as all that was consumed is known. */
  #informed: Task | PreviewTask | undefined
  readonly #told = new ToldEntries()
  #deleted = false
  #last: Promise<unknown> = Promise.resolve()

  constructor(
    record: SessionRecord,
    state: OpenedState,
    ruled: SessionRules,
    services: SessionServices,
  ) {
    this.record = record
    this.#services = services
    this.#retries = new Retries(record.session_id, services.journal, services.faults)
    this.snapshotSeq = state.snapshotSeq
    const { session_id } = record
    const { seq, bodies } = state
    const { journal, log, limits, newId, now } = services
    this.#consumedTo = seq
    this.tail = new SessionTail({ session_id, journal, seq, bodies, log })
    this.#document = new SessionDocument(state, { ...ruled, limits, newId, now }, this.#pipeline)
    const { rules, template_digest } = ruled
    this.#context = { ...record, template_digest, rules, seq }
    this.#publisher = new SessionPublisher(() => this.context, services)
  }

  /** The last durable seq. */
  get seq(): number {
    return this.#document.seq
  }

  /** How many nodes there are, the planned included. */
  get nodeCount(): number {
    return this.#document.ground.graph.size
  }

  get blueprint(): Blueprint | null {
    return this.#document.ground.blueprint
  }

  /** Who may create, change and see what; null: no rules but those of the commands. */
  get rules(): AccessRules | null {
    return this.#document.ground.rules
  }

  /** The session as it is now. Asked for with every command: it is one object, brought up to date. */
  get context(): SessionContext {
    this.#context.seq = this.seq
    this.#context.project_id = this.record.project_id
    return this.#context
  }

  /** What was answered to a command under this id; undefined: there was none. Never rejects. */
  answered(command: { command_id: string; payload_hash: string }): Promise<Ack | undefined> {
    return this.#retries.lookUp(command)
  }

  /** Takes a task in; resolves when it is durable, or refused. Never rejects. */
  submit(task: Task): Promise<Ack> {
    const failure = this.#overload(task)
    if (failure) return Promise.resolve(refusal(failure, task.command_id))
    // About more nodes than there is room for, it counts as half of that: small ones go on beside it.
    const most = this.#services.pendingBytes / 2
    return this.#submitCounted(task.bytes > most ? { ...task, bytes: most } : task)
  }

  #submitCounted(task: Task): Promise<Ack> {
    const again = this.#retries.repeat(task, () => this.#submitNew(task))
    return again ? this.#pipeline.holding(task.bytes, again) : this.#submitNew(task)
  }

  /** Why another task cannot wait here now, if so. One that is alone is always taken. */
  #overload({ bytes }: Task): Failure | undefined {
    if (this.#pipeline.length >= MAX_WAITING) return OVERLOADED
    const { pendingBytes: most } = this.#services
    const held = this.#pipeline.bytes
    const isFull = held > 0 && held + Math.min(bytes, most / 2) > most
    return isFull ? tooManyBytes(most) : undefined
  }

  #submitNew(task: Task): Promise<Ack> {
    if (this.#deleted) {
      return Promise.resolve(refusal(sessionNotFound(this.record.session_id), task.command_id))
    }
    const ack = new Promise<Ack>((settle) =>
      this.#pipeline.wait({ task, settle, announced: false }),
    )
    this.#retries.wait(task, ack)
    this.#last = ack
    this.#pump()
    return ack
  }

  /** Reads durable state: what is only planned is taken back meanwhile. */
  withDurable<T>(read: (state: SessionState) => T): T {
    return this.#document.withDurable(read)
  }

  /** The graph as it is durable now, to be read later, in turns; `now` is its seq. */
  presentImage(): { image: GraphImage; now: number } {
    return this.#document.presentImage()
  }

  /** Whether the node was there and is durably gone. */
  isDeleted(node_id: string): boolean {
    return this.#document.isDeleted(node_id)
  }

  /** What a task would do once everything before it is done (rule CMD7). */
  async preview(task: ExecuteTask): Promise<Preview> {
    const failure = this.#overload(task)
    if (failure) return refusal(failure, task.command_id)
    return this.#pipeline.holding(task.bytes, this.#preview(task))
  }

  async #preview(task: ExecuteTask): Promise<Preview> {
    await this.#last
    const old = task.chosen ? await this.#retries.lookUp(task) : undefined
    if (old) return previewOfOld(old, this.seq)
    if (mayTakeLong(task)) return this.#previewInTurn(task)
    await this.calm()
    return this.withDurable(({ seq }) => previewOf(this.#plan(task), task, seq))
  }

  /** In its place in the queue, as it may take as long as a command. */
  #previewInTurn(of: ExecuteTask): Promise<Preview> {
    if (this.#deleted) {
      return Promise.resolve(refusal(sessionNotFound(this.record.session_id), of.command_id))
    }
    return new Promise((answer) => {
      const { actor } = of
      const task: PreviewTask = {
        kind: 'preview',
        command_id: '',
        chosen: false,
        payload_hash: '',
        actor,
        // It counts as what is waited for.
        bytes: 0,
        of,
        answer,
      }
      const settle = (ack: Ack) => {
        if (!ack.ok) answer(refusal(ack.error, of.command_id))
      }
      this.#pipeline.wait({ task, settle, announced: false })
      this.#pump()
    })
  }

  /**
   * Resolves when nothing long is under way: durable state is read at once then. Whoever reads
   * without waiting sees the same, only that the plan is taken back for that and made again.
   */
  async calm(): Promise<void> {
    if (this.isBusy) await this.#calm.wait()
  }

  /** Whether something is left to be done that nobody has asked the committer for yet. */
  get hasWork(): boolean {
    return this.isBusy || this.#pumpsLater
  }

  /** Whether something long is under way. */
  get isBusy(): boolean {
    return this.#long.isRunning || this.#pipeline.isHeavy
  }

  /** The command by which this one is undone now, if it is. */
  undoneBy(command_id: string): string | undefined {
    return this.#document.ground.history.undoneBy(command_id)
  }

  get isRetired(): boolean {
    return this.#deleted
  }

  /**
   * Others have appended up to this seq: takes their entries in as soon as possible. `bodies`: the
   * last of these entries, if they were sent.
   */
  follow(seq: number, bodies: readonly string[] = []): void {
    this.#ahead = Math.max(this.#ahead, seq)
    this.#told.add(seq, bodies)
    this.#pump()
  }

  /** Resolves when the session has come to a seq that the journal has, or cannot. */
  async reach(seq: number): Promise<void> {
    for (let tries = 0; this.seq < seq && !this.#deleted && tries < TRIES; tries += 1) {
      this.follow(seq)
      await (this.#catchingUp ?? this.#last)
    }
  }

  /** Publishes what others have said beside their entries, after that of this seq. */
  async hear(seq: number, publications: readonly Publication[]): Promise<void> {
    await this.reach(seq)
    if (!this.#deleted) this.#publisher.heard(publications)
  }

  /** Lets what is under way end, then refuses everything. */
  async retire(): Promise<void> {
    this.#deleted = true
    this.tail.end()
    await this.#last
  }

  get planned(): number {
    return this.#pipeline.planned
  }

  take(): AppendBatch | undefined {
    if (this.#catchingUp || this.#committing) return undefined
    const group = this.#pipeline.launch()
    for (const { task } of group ?? []) task.trace?.reached('taken')
    return group && batchOf(this.record.session_id, this.seq, group)
  }

  prepare(): void {
    // What is told of many nodes is made in turns, when it is durable.
    if (this.#pipeline.isLong) return
    this.#publisher.prepare(this.#pipeline.inFlight)
  }

  settle(outcome: AppendOutcome | StorageError): void {
    if (outcome instanceof StorageError) {
      this.#rejectAll(this.#notDurable(outcome))
    } else if (outcome.ok) {
      if (this.#pipeline.isLong && !this.#long.isRunning) return this.#commitInTurns()
      this.#commit()
    } else if (outcome.reason === 'duplicate') {
      this.#replanWithout(new Set(outcome.command_ids))
    } else if (outcome.reason === 'unknown-session') {
      this.#rejectAll(sessionNotFound(this.record.session_id))
    } else {
      this.#ahead = Math.max(this.#ahead, this.seq + 1)
      this.#catchingUp = this.#catchUp()
    }
    this.#pump()
  }

  announce(): void {
    this.#publisher.executing(this.#pipeline.inFlight)
  }

  /** Plans all that can be planned, in order, and asks for it to be written. */
  #pump(): void {
    if (this.#catchingUp || this.#committing) return
    const isBehind = this.#ahead > this.seq && !this.#deleted
    // What is being written meets the conflict itself.
    if (isBehind && this.#pipeline.inFlight.length === 0) this.#catchingUp = this.#catchUp()
    if (isBehind || this.#long.isRunning) return
    for (;;) {
      const isMuch = this.#pipeline.planned >= PLANNED_AT_ONCE && this.#pipeline.isWaiting
      if (isMuch && loopTurns.isOver()) {
        this.#pumpLater()
        break
      }
      const next = this.#pipeline.next()
      if (!next) break
      if (this.#mustAsk(next.task)) {
        this.#pipeline.requeue([next])
        this.#catchingUp = this.#takeInConsumed(next.task)
        return
      }
      this.#takeOn(next)
      if (this.#long.isRunning) break
    }
    if (this.#pipeline.planned > 0) this.#services.requestCommit(this)
  }

  /**
   * Whether others may have consumed what the task is about: there is no entry by which that would show.
   */
  #mustAsk(task: Task | PreviewTask): boolean {
    const isInformed = this.#informed === task
    this.#informed = undefined
    const isAbout = task.kind === 'undo' || task.kind === 'redo'
    return isAbout && this.#services.consumedFrom !== undefined && !isInformed
  }

  #pumpLater(): void {
    if (this.#pumpsLater) return
    this.#pumpsLater = true
    void loopTurns.next().then(() => {
      this.#pumpsLater = false
      this.#pump()
    })
  }

  #takeOn(waiting: Waiting): void {
    const { task } = waiting
    if (task.kind === 'preview') {
      this.#try(waiting, this.#previewInSteps(task.of), task.answer)
    } else if (mayTakeLong(task)) {
      const steps = this.#plannedInSteps({ ...waiting, task })
      this.#try(waiting, steps, (pending) => this.#pipeline.add(pending))
    } else {
      const { settle, announced } = waiting
      this.#pipeline.add(this.#planned({ task, settle, announced }))
    }
  }

  /** Runs steps that try things on the graph: at once when they are few, else in turns. */
  #try<T>(waiting: Waiting, plan: Steps<T>, end: (result: T) => void): void {
    const { graph } = this.#document.ground
    const { spent } = this.#services
    const tell = (ms: number) => this.#spent(waiting.task, { bytes: 0, ms })
    const steps = spent ? metered(plan, tell) : plan
    graph.beginTrial()
    for (let n = 0; n < STEPS_AT_ONCE; n += 1) {
      const step = steps.next()
      if (!step.done) continue
      graph.endTrial()
      return end(step.value)
    }
    this.#tried = waiting
    this.#long.run(steps, (result) => {
      graph.endTrial()
      end(result)
      this.#quieten()
      this.#pump()
    })
  }

  /** Readers who waited go on, unless what was planned is to be told still. */
  #quieten(): void {
    if (!this.#long.isRunning && !this.#pipeline.isHeavy) this.#calm.arrive()
  }

  *#previewInSteps(task: ExecuteTask): Steps<Preview> {
    const { ground } = this.#document
    try {
      return previewOf(yield* this.#services.planner.planInSteps(ground, task), task, this.seq)
    } catch (err) {
      return refusal(this.#fault(task, err), task.command_id)
    }
  }

  *#plannedInSteps({ task, settle, announced }: Planning): Steps<Pending> {
    const base = { task, settle, announced, timestamp: this.#services.now() }
    try {
      const planned = yield* this.#services.planner.planInSteps(this.#document.ground, task)
      task.trace?.reached('planned')
      if (planned.outcome !== 'changes') return this.#pendingOf(base, planned)
      const { graph } = this.#document.ground
      const { entry, ack } = this.#entryOf(base, planned)
      const body = textOf(yield* jsonInSteps(entry))
      const takeBack = yield* graph.speculateInSteps(entry.changes)
      this.#spent(task, { bytes: body.length, ms: 0 })
      return { ...base, outcome: 'entry', entry, body, ack, takeBack }
    } catch (err) {
      this.#document.ground.runs.clear()
      return { ...base, outcome: 'refused', failure: this.#fault(task, err) }
    }
  }

  /** Whatever comes of it, the task keeps its place and is answered. */
  #planned({ task, settle, announced }: Planning): Pending {
    const base = { task, settle, announced, timestamp: this.#services.now() }
    const { spent } = this.#services
    const began = spent ? performance.now() : 0
    try {
      const planned = this.#plan(task)
      task.trace?.reached('planned')
      const pending = this.#pendingOf(base, planned)
      const bytes = pending.outcome === 'entry' ? pending.body.length : RECEIPT_BYTES
      // Beyond that it was interrupted: a plan of one change takes less.
      if (spent) this.#spent(task, { bytes, ms: Math.min(performance.now() - began, 1) })
      return pending
    } catch (err) {
      return { ...base, outcome: 'refused', failure: this.#fault(task, err) }
    }
  }

  #pendingOf(base: Planning & { timestamp: string }, planned: Plan): Pending {
    const { graph, headSeq } = this.#document.ground
    switch (planned.outcome) {
      case 'refused':
        return { ...base, outcome: 'refused', failure: planned.failure }
      case 'nothing':
        return { ...base, outcome: 'receipt', receipt: receiptOf(base.task, planned, headSeq()) }
      case 'changes': {
        const { task, settle, announced, timestamp } = base
        const { entry, ack } = this.#entryOf(base, planned)
        const body = JSON.stringify(entry)
        const takeBack = graph.speculate(entry.changes)
        return { outcome: 'entry', entry, body, ack, takeBack, task, settle, announced, timestamp }
      }
      default:
        return planned satisfies never
    }
  }

  #entryOf(
    { task, timestamp }: Planning & { timestamp: string },
    { draft, undo }: Extract<Plan, { outcome: 'changes' }>,
  ): ReturnType<typeof entryOf> {
    const { headSeq, runs } = this.#document.ground
    const made = entryOf(draft, { seq: headSeq() + 1, timestamp }, undo)
    const continues = runs.take(made.entry, task.kind === 'execute' ? task.continues : undefined)
    if (continues !== undefined) made.entry.continues = continues
    return made
  }

  #plan(task: Task): Plan {
    try {
      return this.#services.planner.plan(this.#document.ground, task)
    } catch (err) {
      return { outcome: 'refused', failure: this.#fault(task, err) }
    }
  }

  #spent({ actor }: Pick<Task, 'actor'>, cost: Expense): void {
    const { session_id } = this.record
    this.#services.spent?.({ actor_id: actor.id, session_id }, cost)
  }

  #fault({ command_id }: { command_id: string }, err: unknown): Failure {
    const { session_id } = this.record
    return this.#services.faults.internal(err, 'planning failed', { session_id, command_id })
  }

  #notDurable(err: unknown): Failure {
    const { session_id } = this.record
    return this.#services.faults.storage(err, NOT_DURABLE, { session_id })
  }

  #commit(): void {
    const group = this.#pipeline.land()
    for (const { task } of group) task.trace?.reached('durable')
    for (const pending of group) this.#fold(pending)
    this.#publisher.done(group)
    for (const { task } of group) task.trace?.reached('published')
    for (const pending of group) this.#answer(pending)
    const bodies: EntryText[] = []
    for (const pending of group) if (pending.outcome === 'entry') bodies.push(pending.body)
    if (bodies.length > 0) this.#services.onCommitted(this, bodies)
  }

  /** Takes in, tells and answers a group that is about many nodes; nothing else happens here. */
  #commitInTurns(): void {
    this.#committing = true
    this.#long.run(this.#commitInSteps(), () => {
      this.#committing = false
      this.#quieten()
      this.#pump()
    })
  }

  *#commitInSteps(): Steps<void> {
    const { inFlight } = this.#pipeline
    for (const { task } of inFlight) task.trace?.reached('durable')
    // Until the whole group is taken in, readers see the state before it.
    for (const [n, pending] of inFlight.entries()) {
      yield* this.#document.foldInSteps(pending)
      if (n % PENDING_PER_STEP === PENDING_PER_STEP - 1) yield
    }
    const group = this.#pipeline.land()
    const bodies: EntryText[] = []
    for (const pending of group) {
      if (pending.outcome !== 'entry') continue
      this.#document.advance(pending.entry)
      this.tail.push(pending.entry.seq, pending.body)
      bodies.push(pending.body)
    }
    yield* this.#publisher.doneInSteps(group)
    for (const [n, pending] of group.entries()) {
      pending.task.trace?.reached('published')
      this.#answer(pending)
      if (n % PENDING_PER_STEP === PENDING_PER_STEP - 1) yield
    }
    if (bodies.length > 0) this.#services.onCommitted(this, bodies)
  }

  /** Takes what is durable into the session's state. The graph has it already. */
  #fold(pending: Pending): void {
    if (pending.outcome === 'entry') {
      this.#document.record(pending.entry, pending.body)
      this.tail.push(pending.entry.seq, pending.body)
    }
    if (pending.outcome !== 'receipt') return
    const { consumes } = pending.receipt
    if (consumes) this.#document.consume(consumes)
  }

  #answer(pending: Pending): void {
    if (pending.outcome === 'entry') this.#retries.answer(pending, pending.ack)
    else if (pending.outcome === 'receipt') this.#retries.answer(pending, pending.receipt.ack)
    else if (mayBeOld(pending)) void this.#refuseUnlessOld(pending, pending.failure)
    else this.#retries.refuse(pending, pending.failure)
  }

  async #refuseUnlessOld(pending: Pending, failure: Failure): Promise<void> {
    const old = await this.#retries.lookUp(pending.task)
    if (old) return this.#answerOld(pending, old)
    this.#publisher.failed([pending], failure)
    this.#retries.refuse(pending, failure)
  }

  /** A retry concerns its caller only, unless a slow commit had announced it (rule CMD8). */
  #answerOld(pending: Pending, ack: Ack): void {
    this.#publisher.wasOld(pending, ack)
    this.#retries.answer(pending, ack)
  }

  async #answerDuplicate(pending: Pending): Promise<void> {
    this.#answerOld(pending, await this.#retries.accepted(pending.task))
  }

  /** Takes back what is planned, and what would have been said of it. */
  #takeBack(): Pending[] {
    this.#publisher.forget()
    if (this.#long.isRunning && this.#tried) {
      // It is planned on what is taken back.
      this.#long.giveUp()
      this.#document.ground.graph.endTrial()
      this.#pipeline.requeue([this.#tried])
    }
    this.#calm.arrive()
    const { runs, history } = this.#document.ground
    runs.takeBack(history)
    return this.#pipeline.takeBack()
  }

  #rejectAll(failure: Failure): void {
    const all = this.#takeBack()
    this.#publisher.failed(all, failure)
    for (const pending of all) this.#retries.refuse(pending, failure)
  }

  /** Some ids were used long ago: those are answered from the journal, the rest goes again. */
  #replanWithout(duplicates: ReadonlySet<string>): void {
    const all = this.#takeBack()
    this.#pipeline.requeue(all.filter(({ task }) => !duplicates.has(task.command_id)))
    for (const pending of all) {
      if (duplicates.has(pending.task.command_id)) void this.#answerDuplicate(pending)
    }
  }

  /** Somebody else appended: takes their entries in, then plans its own again. */
  async #catchUp(): Promise<void> {
    this.#pipeline.requeue(this.#takeBack())
    await this.#takeIn(() => this.#foldMissing())
    // Whoever still knows of more says so again.
    this.#ahead = 0
    this.#catchingUp = undefined
    this.#pump()
  }

  /** Takes in what others have consumed: then the task that is about it can be planned. */
  async #takeInConsumed(task: Task | PreviewTask): Promise<void> {
    await this.#takeIn(async () => {
      const { session_id } = this.record
      const all = (await this.#services.consumedFrom?.(session_id, this.#consumedTo)) ?? []
      for (const consumed of all) this.#document.consume(consumed)
      this.#consumedTo = this.seq
    })
    this.#informed = task
    this.#catchingUp = undefined
    this.#pump()
  }

  /** Refuses everything that waits when the journal cannot be read. */
  async #takeIn(read: () => Promise<void>): Promise<void> {
    try {
      await read()
    } catch (err) {
      const failure = this.#notDurable(err)
      for (const waiting of this.#pipeline.abandon()) {
        const timestamp = this.#services.now()
        this.#publisher.failed([{ ...waiting, timestamp }], failure)
        this.#retries.refuse(waiting, failure)
      }
    }
  }

  async #foldMissing(): Promise<void> {
    const before = this.seq
    const { journal } = this.#services
    for (;;) {
      const { session_id } = this.record
      const told = this.#told.takeAfter(this.seq)
      const bodies =
        told.length > 0 ? told : await journal.entriesAfter(session_id, this.seq, PAGE, PAGE_CHARS)
      const entries = bodies.map((body) => {
        const entry = JSON.parse(wholeText(body)) as Entry
        this.#document.takeIn(entry, body)
        this.tail.push(entry.seq, body)
        return { entry, body }
      })
      this.#publisher.tookIn(entries)
      if (bodies.length === 0 || this.seq >= this.#ahead) break
    }
    // A conflict without anything to take in would be met again and again.
    if (this.seq === before) throw new StorageError(`The journal is not at seq ${before}`)
  }
}
