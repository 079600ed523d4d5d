import { diff, plan, ProjectGraph, UndoHistory, type Blueprint } from '@talus/graph'
import { parseCommand, type Change, type Entry, type Node } from '@talus/protocol'
import type { Request } from './script.js'

const NOW = '2026-01-28T15:30:00.000Z'

type Outcome = { changes: Change[]; command_type: string; target?: string }

const REFUSED: Outcome = { changes: [], command_type: '' }

/**
 * The session as it would be if everything happened in the order of the script. The real one goes
 * other ways, as everybody sends at once; this one only makes most requests worth sending.
 */
export class Rehearsal {
  readonly graph = ProjectGraph.empty()
  readonly #history = new UndoHistory()
  readonly #entries: Entry[] = []
  readonly #blueprint: Blueprint | null
  #saved: readonly Node[]
  /** Of the commands that were accepted. */
  readonly #ids = new Set<string>()
  #made = 0

  constructor(blueprint: Blueprint | null, project: readonly Node[], loaded: boolean) {
    this.#blueprint = blueprint
    this.#saved = project
    if (loaded) this.perform({ verb: 'load' }, 'anonymous')
  }

  get seq(): number {
    return this.#entries.length
  }

  /** Whether the request would change something, or take a step off a stack. */
  matters(request: Request, actor: string): boolean {
    const { changes, target } = this.#plan(request, actor)
    return changes.length > 0 || target !== undefined
  }

  perform(request: Request, actor: string): void {
    if (request.verb === 'save') this.#saved = structuredClone(this.graph.nodes())
    const { changes, command_type, target } = this.#plan(request, actor)
    const kind = request.verb === 'undo' || request.verb === 'redo' ? request.verb : 'do'
    if (changes.length === 0) {
      if (kind !== 'do' && target !== undefined) this.#history.consume(kind, target)
      return
    }
    const seq = this.seq + 1
    const named = 'command_id' in request ? request.command_id : undefined
    const entry: Entry = {
      seq,
      command_id: named ?? `rehearsed-${seq}`,
      command_type,
      kind,
      actor: { id: actor },
      timestamp: NOW,
      changes,
      ...(target === undefined ? {} : { target_command_id: target }),
    }
    this.graph.apply(changes)
    this.#history.record(entry, JSON.stringify(entry))
    this.#entries.push(entry)
    this.#ids.add(entry.command_id)
  }

  #plan(request: Request, actor_id: string): Outcome {
    const isRepeated = 'command_id' in request && this.#ids.has(request.command_id ?? '')
    if (isRepeated) return REFUSED
    switch (request.verb) {
      case 'execute':
        return this.#execute(request.command_type, request.data)
      case 'undo':
      case 'redo': {
        const { verb: kind, command_id: _, ...which } = request
        const planned = this.#history.plan(this.graph, { kind, actor_id, ...which })
        if (!planned.ok) return REFUSED
        const { changes, target } = planned.value
        const { command_id, command_type } = target
        return { changes, command_type, target: command_id }
      }
      case 'restore':
        return { changes: this.#wayBack(request.seq), command_type: 'Restore' }
      case 'load': {
        const nodes = structuredClone(this.#saved) as Node[]
        const changes: Change[] = [{ type: 'graph-replaced', nodes }]
        return { changes, command_type: 'LoadProject' }
      }
      case 'save':
        return REFUSED
      default:
        return request satisfies never
    }
  }

  #execute(command_type: string, data: unknown): Outcome {
    const command = parseCommand(command_type, data)
    if (!command.ok) return REFUSED
    const planned = plan(this.graph, command.value, {
      blueprint: this.#blueprint,
      now: () => NOW,
      newId: () => `made-${(this.#made += 1)}`,
    })
    return planned.ok ? { changes: planned.value.changes, command_type } : REFUSED
  }

  #wayBack(seq: number): Change[] {
    const then = ProjectGraph.empty()
    for (const { changes } of this.#entries.slice(0, seq)) then.apply(changes)
    return diff(this.graph, then)
  }
}
