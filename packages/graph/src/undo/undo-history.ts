import { fail, ok } from '@talus/protocol'
import type { Change, Entry, JsonValue, Result, UndoOutcome, UndoRequest } from '@talus/protocol'
import type { Permissions } from '../access/permissions.js'
import type { ProjectGraph } from '../project-graph.js'
import { finish, type Steps } from '../steps.js'
import { mayMake, mayTakeBack } from './permitted.js'
import { planReversal } from './plan-reversal.js'
import { loadHistory, type Loaded } from './load-history.js'
import { saveHistory } from './save-history.js'
import { markOfKey, Stamps } from './stamps.js'
import type { EntryJson, Link, Written } from './link.js'
import { linkContinued, linkDone, linkProperty, linkReverted, stands } from './step.js'
import { StepStacks } from './step-stacks.js'
import { Tombstones } from './tombstones.js'

/** The actor has to be known, whether an undo or a redo is meant, too. */
export type UndoQuery = Omit<UndoRequest, 'command_id'> & {
  kind: 'undo' | 'redo'
  actor_id: string
  /** What the caller may do; absent: everything. */
  permissions?: Permissions | undefined
}

/** What an undo or redo would commit. No changes: call `consume`, there is nothing to commit. */
export type UndoPlan = {
  /** The command that is undone or redone. */
  target: { command_id: string; command_type: string; label?: string }
  changes: Change[]
  outcome: UndoOutcome
}

const STATE_OF = { undo: 'done', redo: 'undone' } as const

/**
 * Everybody's undo and redo stacks (rules UNDO1 to UNDO6): a fold over the durable entries of a
 * session, and over the steps that came to nothing.
 */
export class UndoHistory {
  readonly #stamps: Stamps
  readonly #stacks: StepStacks
  readonly #tombstones: Tombstones
  /** Commands that are undone now, also those that nobody can redo any more, and by which. */
  readonly #undone: Map<string, string>

  constructor({ stamps, stacks, undone, tombstones }: Partial<Loaded> = {}) {
    this.#stamps = stamps ?? new Stamps()
    this.#stacks = stacks ?? new StepStacks()
    this.#undone = undone ?? new Map<string, string>()
    this.#tombstones = tombstones ?? new Tombstones()
    this.#stacks.onForgotten = ({ latest }) => this.#tombstones.forget(latest.seq)
  }

  /** The history that `toSnapshot` was taken of. */
  static fromSnapshot(pieces: Iterable<JsonValue>): UndoHistory {
    return finish(UndoHistory.fromSnapshotInSteps(pieces))
  }

  static *fromSnapshotInSteps(pieces: Iterable<JsonValue>): Steps<UndoHistory> {
    return new UndoHistory(yield* loadHistory(pieces))
  }

  /**
   * Pieces of some kilobytes each, unless one value or command is larger. They are what the history
   * is now, also when they are taken later; once.
   */
  toSnapshot(): Iterable<JsonValue> {
    const [stamps, stacks, undone] = [this.#stamps, this.#stacks, this.#undone]
    return saveHistory({ stamps, stacks, undone, tombstones: this.#tombstones })
  }

  /**
   * Folds in one durable entry; each once, in the order of `seq`. Does not look at the graph, so it
   * may come before or after the entry is applied there. `text`: the entry as JSON, which is kept as
   * long as the step is, unless it is large.
   */
  record(entry: Entry, text: EntryJson): void {
    const [first] = entry.changes
    if (entry.kind === 'do' && entry.changes.length === 1 && first?.type === 'property-set') {
      // Every other command comes through here; steps would take longer than the work.
      this.#stacks.clearUndone(entry.actor.id, entry.seq)
      if (entry.continues !== undefined && this.#continue({ entry, text })) return
      this.#add(entry, linkProperty(this.#stamps, { entry, text }, first))
      return
    }
    finish(this.recordInSteps(entry, text))
  }

  /** The same in steps; nothing may be planned or recorded meanwhile. */
  *recordInSteps(entry: Entry, text: EntryJson): Steps<void> {
    const { kind, command_id, target_command_id = '' } = entry
    if (kind !== 'do') {
      const parts = this.#stacks.get(target_command_id)?.parts ?? []
      for (const id of [target_command_id, ...parts]) {
        if (kind === 'undo') this.#undone.set(id, command_id)
        else this.#undone.delete(id)
      }
    }
    // A large file is loaded in several entries, of which the first one replaces the graph.
    const isLoad = kind === 'do' && entry.command_type === 'LoadProject'
    if (isLoad || entry.changes.some((change) => change.type === 'graph-replaced')) {
      // What the steps refer to is no longer the same document.
      this.#stamps.clear()
      this.#stacks.clear()
      this.#tombstones.clear()
    } else if (kind === 'do') {
      yield* this.#recordDone({ entry, text })
    } else {
      yield* this.#recordReverted({ entry, text })
    }
  }

  /** Takes a step whose undo or redo came to nothing off its stack, for good (rule UNDO3). */
  consume(kind: 'undo' | 'redo', target_command_id: string): void {
    const step = this.#stacks.get(target_command_id)
    if (step?.state === STATE_OF[kind]) this.#stacks.drop(step)
  }

  /**
   * Errors: NOTHING_TO_UNDO, NOTHING_TO_REDO, UNDO_CONFLICT, FORBIDDEN. The graph is the same
   * afterwards.
   */
  plan(graph: ProjectGraph, query: UndoQuery): Result<UndoPlan> {
    return finish(this.planInSteps(graph, query))
  }

  /**
   * The same in steps. Between them the graph may hold what is planned so far: see `beginTrial`.
   * No entry may be recorded meanwhile.
   */
  *planInSteps(graph: ProjectGraph, query: UndoQuery): Steps<Result<UndoPlan>> {
    const { kind, force = false, permissions, ...which } = query
    const step = this.#stacks.find({ ...which, state: STATE_OF[kind] })
    if (!step) return this.#nothingTo(query)
    const may = yield* mayTakeBack(graph, step, { kind, permissions })
    if (!may.ok) return may
    const history = { stamps: this.#stamps, tombstones: this.#tombstones }
    const planned = yield* planReversal(graph, { step, history, force, permissions })
    if (!planned.ok) return planned
    const mayAll = yield* mayMake(graph, planned.value.changes, { kind, permissions })
    if (!mayAll.ok) return mayAll
    const { command_id, command_type, label } = step
    const target = { command_id, command_type, ...(label !== undefined && { label }) }
    return ok({ target, ...planned.value })
  }

  /**
   * Whether a command of the actor may go on with a step: it is the last one, and nobody has touched
   * the same since (rule UNDO14).
   */
  isOpen(command_id: string, actor_id: string): boolean {
    const latest = this.#stacks.continued(command_id, actor_id)?.latest
    if (!latest) return false
    return [...latest.transitions].every(([key]) => stands(this.#stamps, latest, markOfKey(key)))
  }

  canUndo(actor_id: string): boolean {
    return this.#stacks.find({ state: 'done', actor_id }) !== undefined
  }

  canRedo(actor_id: string): boolean {
    return this.#stacks.find({ state: 'undone', actor_id }) !== undefined
  }

  /** The command that undid this one, unless it was redone since; also after any age. */
  undoneBy(command_id: string): string | undefined {
    return this.#undone.get(command_id)
  }

  #nothingTo({ kind, target_command_id: named }: UndoQuery): Result<never> {
    const code = kind === 'undo' ? 'NOTHING_TO_UNDO' : 'NOTHING_TO_REDO'
    if (named === undefined) {
      const details = [{ path: '', expected: `a step on the ${kind} stack`, actual: 'none' }]
      return fail(code, `There is nothing to ${kind}`, details)
    }
    const path = '/target_command_id'
    const isUndone = this.#undone.has(named)
    const message =
      isUndone && kind === 'undo'
        ? 'This command is undone already'
        : `The ${kind} stack does not hold this command`
    return fail(code, message, [
      { path, expected: `a command on the ${kind} stack`, actual: named },
    ])
  }

  *#recordDone(written: Written): Steps<void> {
    const { entry } = written
    this.#stacks.clearUndone(entry.actor.id, entry.seq)
    if (entry.continues !== undefined && this.#continue(written)) return
    const latest = yield* linkDone(this.#stamps, written)
    if (movesNodes(entry)) yield* this.#tombstones.record(entry)
    this.#add(entry, latest)
  }

  /** The entry becomes part of the step that it goes on with (rule UNDO14). */
  #continue(written: Written): boolean {
    const { entry } = written
    const step = this.#stacks.continued(entry.continues ?? '', entry.actor.id)
    if (!step) return false
    const before = step.latest.seq
    const [latest, { places }] = linkContinued(this.#stamps, written, step.latest)
    if (movesNodes(entry)) finish(this.#tombstones.record(entry))
    this.#tombstones.join(before, entry.seq, places)
    this.#stacks.extend(step, entry.command_id, latest)
    return true
  }

  #add({ command_id, command_type, label, seq, actor }: Entry, latest: Link): void {
    const named = label === undefined ? undefined : { label }
    const actor_id = actor.id
    this.#stacks.add({ command_id, command_type, seq, actor_id, state: 'done', latest, ...named })
  }

  *#recordReverted(written: Written): Steps<void> {
    const { entry } = written
    const step = this.#stacks.get(entry.target_command_id ?? '')
    const latest = yield* linkReverted(this.#stamps, written, step)
    yield* this.#tombstones.record(entry, step?.latest.seq)
    // A step that was dropped for its age meanwhile still leaves its stamps.
    if (!step) return this.#tombstones.forget(entry.seq)
    this.#tombstones.forget(step.latest.seq)
    this.#stacks.turn(step, latest)
  }
}

/** Nearly no entry does. */
function movesNodes({ changes }: Entry): boolean {
  return changes.some(({ type }) => type !== 'property-set')
}
