import { ProjectGraph, UndoHistory } from '@talus/graph'
import type { Change, Entry } from '@talus/protocol'
import { expect } from 'vitest'
import { idOf, type Ledger } from './ledger.js'

/** Ids of accepted undos and redos that override what others did since. */
function forcedIds({ attempts }: Ledger): Set<string | undefined> {
  const forced = attempts.filter(({ request, outcome }) => {
    const isAccepted = outcome.state === 'answered' && outcome.ack.ok
    return isAccepted && 'force' in request && request.force === true
  })
  return new Set(forced.map(idOf))
}

function propertyKey(node_id: string, property_id: string): string {
  return `${node_id} ${property_id}`
}

function keysOf({ changes }: Entry): string[] {
  return changes.flatMap((change) =>
    change.type === 'property-set' ? [propertyKey(change.node_id, change.property_id)] : [],
  )
}

function idsOf(type: Change['type'], changes: readonly Change[]): string[] {
  return changes.flatMap((change) =>
    change.type === type && 'node' in change ? [change.node.id] : [],
  )
}

/** Nodes that the entry created and that this undo of it takes away. */
function uncreated(undone: Entry, { kind, changes }: Entry): Set<string> {
  if (kind !== 'undo') return new Set()
  const created = new Set(idsOf('node-added', undone.changes))
  return new Set(idsOf('node-removed', changes).filter((id) => created.has(id)))
}

/** No undo takes back what somebody wrote after the undone command (rule UNDO3). */
function expectColleaguesSpared(entries: readonly Entry[], forced: ReadonlySet<unknown>): void {
  const byId = new Map(entries.map((entry) => [entry.command_id, entry]))
  const writers = new Map<string, Entry>()
  for (const entry of entries) {
    const target = byId.get(entry.target_command_id ?? '')
    if (target && !forced.has(entry.command_id)) {
      for (const key of keysOf(entry)) {
        const last = writers.get(key)
        if (last?.kind === 'do') expect({ key, seq: last.seq }).toEqual({ key, seq: target.seq })
      }
      const gone = uncreated(target, entry)
      for (const [key, last] of writers) {
        // What was written before came with the creation: it brought a former node back.
        if (last.kind !== 'do' || last.seq < target.seq) continue
        const [node_id = ''] = key.split(' ', 1)
        if (!gone.has(node_id)) continue
        expect({ key, by: last.actor.id }).toEqual({ key, by: target.actor.id })
      }
    }
    for (const key of keysOf(entry)) writers.set(key, entry)
    if (entry.changes.some(({ type }) => type === 'graph-replaced')) writers.clear()
  }
}

/** What undo and redo did is what a fold over the entries before them says (rule UNDO1). */
function expectFolded(entries: readonly Entry[], forced: ReadonlySet<unknown>): void {
  const graph = ProjectGraph.empty()
  const history = new UndoHistory()
  for (const entry of entries) {
    const { kind, target_command_id = '', command_id, actor, changes } = entry
    if (kind !== 'do') {
      const force = forced.has(command_id)
      const query = {
        kind,
        actor_id: actor.id,
        scope: 'session',
        target_command_id,
        force,
      } as const
      const planned = history.plan(graph, query)
      expect(planned.ok ? planned.value.changes : planned.error).toEqual(changes)
    }
    graph.apply(changes)
    history.record(entry, JSON.stringify(entry))
  }
}

/** Holds every undo and redo of a journal against the rules. */
export function expectReversals(ledger: Ledger, entries: readonly Entry[]): void {
  const forced = forcedIds(ledger)
  expectFolded(entries, forced)
  expectColleaguesSpared(entries, forced)
}
