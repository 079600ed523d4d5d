import { ProjectGraph } from '@talus/graph'
import type { Entry } from '@talus/protocol'
import { rest } from '../src/index.js'

/** The whole history of a session, page by page. */
export async function allEntries(url: string, session_id: string): Promise<Entry[]> {
  const api = rest(url)
  const entries: Entry[] = []
  for (;;) {
    const page = await api.getChanges({ session_id, after_seq: entries.length, limit: 1_000 })
    entries.push(...page.entries)
    if (!page.has_more) return entries
  }
}

/** The graph that the entries lead to, without any of the SDK. */
export function replayed(entries: readonly Entry[]) {
  const graph = ProjectGraph.empty()
  for (const entry of entries) graph.apply(entry.changes)
  return Array.from(graph.preorder(), (record) => ({
    ...record,
    children: graph.childrenOf(record.id),
  }))
}
