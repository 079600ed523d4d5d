import type { Change, Entry, Failure, JsonValue, UndoOutcome } from '@talus/protocol'
import { parseCommand } from '@talus/protocol'
import {
  EditRuns,
  parseTemplate,
  plan,
  ProjectGraph,
  UndoHistory,
  withTypes,
  type Blueprint,
  type PlanContext,
  type UndoQuery,
} from '../src/index.js'
import { filmTemplate } from './shared-data.js'

export const NOW = '2026-01-28T15:30:00Z'

export function filmBlueprint(): Blueprint {
  const { blueprint } = parseTemplate(filmTemplate, 'film')
  if (!blueprint) throw new Error('the shipped template has to be valid')
  return blueprint
}

export type Outcome = { entry?: Entry; result?: JsonValue; error?: Failure; undo?: UndoOutcome }

type UndoOptions = Omit<UndoQuery, 'kind' | 'actor_id'>

/** A session as a server runs it, without anything around: plan, apply, record. */
export class Session {
  graph = ProjectGraph.empty()
  history = new UndoHistory()
  readonly runs = new EditRuns()
  readonly entries: Entry[] = []
  readonly context: PlanContext
  #ids = 0
  #commands = 0

  constructor(blueprint: Blueprint | null = null) {
    this.context = { blueprint, now: () => NOW, newId: () => `n${(this.#ids += 1)}` }
  }

  /** Executes what a client would send, by its schema. */
  try(actor_id: string, command_type: string, data: object, continues?: string): Outcome {
    const command = parseCommand(command_type, data)
    if (!command.ok) return { error: command.error }
    const planned = plan(this.graph, command.value, this.context)
    if (!planned.ok) return { error: planned.error }
    const { changes, result } = planned.value
    if (changes.length === 0) return { result }
    const entry = this.commit({ kind: 'do', actor_id, command_type, changes }, continues)
    return { entry, result }
  }

  /** Executes what has to succeed; returns the id of its entry. */
  do(actor_id: string, command_type: string, data: object, continues?: string): string {
    const { error, entry } = this.try(actor_id, command_type, data, continues)
    if (error) throw new Error(`${command_type}: ${error.code} ${error.message}`)
    if (!entry) throw new Error(`${command_type} changed nothing`)
    return entry.command_id
  }

  create(actor_id: string, node_id: string, parent_id: string | null = null, more: object = {}) {
    const data = { blueprint_type_id: 'task', node_id, parent_id, ...more }
    return this.do(actor_id, 'CreateNode', data)
  }

  set(actor_id: string, node_id: string, property_id: string, new_value: JsonValue) {
    return this.do(actor_id, 'UpdateProperty', { node_id, property_id, new_value })
  }

  /** Sets a property as one of a run, which the first command names. */
  type(
    actor_id: string,
    [node_id, property_id]: readonly [string, string],
    new_value: JsonValue,
    continues?: string,
  ) {
    const data = { node_id, property_id, new_value }
    return this.do(actor_id, 'UpdateProperty', data, continues)
  }

  undo(actor_id: string, options: UndoOptions = {}): Outcome {
    return this.#turn({ kind: 'undo', actor_id, ...options })
  }

  redo(actor_id: string, options: UndoOptions = {}): Outcome {
    return this.#turn({ kind: 'redo', actor_id, ...options })
  }

  value(node_id: string, property_id: string): JsonValue | undefined {
    return this.graph.record(node_id)?.properties[property_id]
  }

  /** Everything that clients see of the graph. */
  state() {
    return { roots: this.graph.roots(), nodes: this.graph.nodes() }
  }

  replace(nodes: Parameters<ProjectGraph['replaceWith']>[0]): void {
    const changes: Change[] = [{ type: 'graph-replaced', nodes: [...nodes] }]
    this.commit({ kind: 'do', actor_id: 'loader', command_type: 'LoadProject', changes })
  }

  #turn(query: UndoQuery): Outcome {
    const planned = this.history.plan(this.graph, query)
    if (!planned.ok) return { error: planned.error }
    const { target, changes, outcome } = planned.value
    if (changes.length === 0) {
      this.runs.clear()
      this.history.consume(query.kind, target.command_id)
      return { undo: outcome }
    }
    const { kind, actor_id } = query
    const target_command_id = target.command_id
    const command_type = kind === 'undo' ? 'Undo' : 'Redo'
    const entry = this.commit({ kind, actor_id, command_type, changes, target_command_id })
    return { entry, undo: outcome }
  }

  /** Makes changes durable that were planned elsewhere. */
  commit(
    what: Pick<Entry, 'kind' | 'command_type' | 'changes'> & {
      actor_id: string
      target_command_id?: string
    },
    run?: string,
  ): Entry {
    const { actor_id, ...rest } = what
    this.#commands += 1
    const entry: Entry = {
      seq: this.entries.length + 1,
      command_id: `c${this.#commands}`,
      actor: { id: actor_id },
      timestamp: NOW,
      ...rest,
    }
    if (this.context.blueprint?.rules) entry.changes = withTypes(this.graph, entry.changes)
    const continues = this.runs.take(entry, run)
    if (continues !== undefined) entry.continues = continues
    // As it travels: whatever is lost in JSON must not matter.
    const body = JSON.stringify(entry)
    const durable = JSON.parse(body) as Entry
    this.graph.apply(durable.changes)
    this.history.record(durable, body)
    this.entries.push(durable)
    return durable
  }
}
