import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ChildList } from '../src/child-list.js'

/** A list of `size` ids, and the plain array that it has to agree with. */
function filled(size: number) {
  const list = new ChildList()
  const model = Array.from({ length: size }, (_, index) => `id${index}`)
  for (const id of model) list.insert(list.length, id)
  return { list, model }
}

const SAMPLED = [0, 1, 255, 511, 512, 513]

/** All that a list says of itself. */
function imageOf(list: ChildList, model: string[]) {
  const sampled = [...SAMPLED, model.length - 1].flatMap((at) => model[at] ?? [])
  return {
    length: list.length,
    array: list.toArray(),
    copy: list.copy(),
    indexes: sampled.map((id) => list.indexOf(id)),
    nobody: list.indexOf('nobody'),
  }
}

/** What it should say. */
function expected(model: string[]) {
  const indexes = [...SAMPLED, model.length - 1].filter((at) => model[at] !== undefined)
  return { length: model.length, array: model, copy: model, indexes, nobody: -1 }
}

describe('[ORD1] a list of siblings', () => {
  test.each([0, 1, 511, 512, 513, 5_000])('agrees with an array of %i ids', (size) => {
    const { list, model } = filled(size)
    expect(imageOf(list, model)).toEqual(expected(model))
  })

  test('grows at the start and in the middle, and shrinks to nothing', () => {
    const { list, model } = filled(0)
    for (let n = 0; n < 3_000; n += 1) {
      const index = n % 2 === 0 ? 0 : Math.floor(model.length / 2)
      list.insert(index, `id${n}`)
      model.splice(index, 0, `id${n}`)
    }
    expect(imageOf(list, model)).toEqual(expected(model))
    while (model.length > 0) {
      for (const id of model.splice(Math.floor(model.length / 3), 250)) list.remove(id)
      expect(imageOf(list, model)).toEqual(expected(model))
    }
    expect(imageOf(list, [])).toEqual(expected([]))
  })

  test('agrees with an array after random edits around the sizes of chunks', () => {
    const edit = fc.record({ insert: fc.boolean(), at: fc.nat(4_000) })
    const sizes = fc.constantFrom(0, 120, 500, 520, 1_030, 2_100)
    fc.assert(
      fc.property(sizes, fc.array(edit, { maxLength: 400, size: 'max' }), (size, edits) => {
        const { list, model } = filled(size)
        edits.forEach(({ insert, at }, n) => {
          if (insert) {
            const index = at % (model.length + 1)
            list.insert(index, `new${n}`)
            model.splice(index, 0, `new${n}`)
          } else if (model.length > 0) {
            const [id = ''] = model.splice(at % model.length, 1)
            list.remove(id)
          }
        })
        expect(imageOf(list, model)).toEqual(expected(model))
      }),
      { numRuns: 60 },
    )
  })

  test('hands out the same array until it changes', () => {
    const { list } = filled(3)
    const before = list.toArray()
    expect(list.toArray()).toBe(before)
    list.insert(1, 'new')
    expect(list.toArray()).not.toBe(before)
    expect(before).toEqual(['id0', 'id1', 'id2'])
  })

  test('refuses what is not there', () => {
    const { list } = filled(2)
    expect(() => list.remove('nobody')).toThrow("'nobody' is not in this list")
    expect(() => list.insert(3, 'x')).toThrow('outside')
  })
})
