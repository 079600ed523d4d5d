import { expect, test } from 'vitest'
import { Session } from './session.js'
import type { ProjectGraph } from '../src/project-graph.js'

/** A generator of numbers from 0 to 1 that a seed determines. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
}

/** Levels of a subtree, counted anew. */
function counted(graph: ProjectGraph, id: string): number {
  let levels = 0
  for (let level = [id]; level.length > 0; levels += 1) {
    level = level.flatMap((each) => [...graph.childrenOf(each)])
  }
  return levels
}

test.each(Array.from({ length: 20 }, (_, seed) => seed))(
  '[LIM3] heights of subtrees stay exact through any commands (seed %i)',
  (seed) => {
    const random = randomFrom(seed)
    const session = new Session()
    const pick = () => {
      const ids = [...session.graph.ids()]
      return ids[Math.floor(random() * ids.length)] ?? null
    }
    for (let n = 0; n < 300; n += 1) {
      const [node_id, parent_id] = [pick(), random() < 0.2 ? null : pick()]
      const roll = random()
      const data = { node_id: `c${n}`, blueprint_type_id: 't', ...(parent_id && { parent_id }) }
      if (roll < 0.5 || node_id === null) session.try('ann', 'CreateNode', data)
      else if (roll < 0.85) session.try('ann', 'MoveNode', { node_id, parent_id })
      else if (roll < 0.93) session.try('ann', 'DeleteNode', { node_id })
      else session.undo('ann')
      for (const id of session.graph.ids()) {
        expect(session.graph.heightOf(id)).toBe(counted(session.graph, id))
      }
      const levels = session.graph.roots().map((id) => counted(session.graph, id))
      expect(session.graph.measureDepth()).toBe(Math.max(0, ...levels))
      expect(session.graph.depthBound).toBe(Math.max(0, ...levels))
    }
  },
)
