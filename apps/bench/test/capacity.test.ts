import { expect, it } from 'vitest'
import { limitsOf } from '../src/nodes/capacity.js'

const cost = (nodes: number, redis: number) => ({ nodes, postgres: 1e-4, redis })

it('lets what every node hears grow with the nodes, and nothing else', () => {
  const costs = [cost(2e-4, 0), cost(3e-4, 1e-6), cost(4e-4, 3e-6)] as const
  expect(limitsOf(costs, 1).map(({ perSecond }) => perSecond)).toEqual([5_000, 10_000, Infinity])
  const [nodes, postgres, redis] = limitsOf(costs, 10).map(({ perSecond }) => perSecond)
  expect(nodes).toBeCloseTo(10 / 11e-4)
  expect(postgres).toBeCloseTo(10_000)
  expect(redis).toBeCloseTo(1 / 17e-6)
})
