import fc from 'fast-check'
import { expect, test } from 'vitest'
import { moves, openSession, run } from './random-session.js'

test('[HIST1] an image shows the graph as it was when it was taken', () => {
  fc.assert(
    fc.property(moves(40), moves(10), (some, more) => {
      const session = openSession()
      for (const move of some) run(session, move, 3)
      const nodes = session.graph.nodes()
      const image = session.graph.image()
      for (const move of more) run(session, move, 3)
      const walked = () => [...image.nodes()].filter((node) => node !== undefined)
      expect(image.size).toBe(nodes.length)
      expect(walked()).toEqual(nodes)
      expect(walked()).toEqual(nodes)
    }),
  )
})
