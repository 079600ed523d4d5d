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

function expectAgreement(list: ChildList, model: string[]) {
  expect(list.length).toBe(model.length)
  expect(list.toArray()).toEqual(model)
  expect(list.copy()).toEqual(model)
  for (const at of [0, 1, 255, 511, 512, 513, model.length - 1]) {
    const id = model[at]
    if (id !== undefined) expect(list.indexOf(id)).toBe(at)
  }
  expect(list.indexOf('nobody')).toBe(-1)
}

describe('[ORD1] a list of siblings', () => {
  test.each([0, 1, 511, 512, 513, 5_000])('agrees with an array of %i ids', (size) => {
    const { list, model } = filled(size)
    expectAgreement(list, model)
  })

  test('grows at the start and in the middle, and shrinks to nothing', () => {
    const { list, model } = filled(0)
    for (let n = 0; n < 3_000; n += 1) {
      const index = n % 2 === 0 ? 0 : Math.floor(model.length / 2)
      list.insert(index, `id${n}`)
      model.splice(index, 0, `id${n}`)
    }
    expectAgreement(list, model)
    while (model.length > 0) {
      const [id = ''] = model.splice(Math.floor(model.length / 3), 1)
      list.remove(id)
      if (model.length % 250 === 0) expectAgreement(list, model)
    }
    expectAgreement(list, [])
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
        expectAgreement(list, model)
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
