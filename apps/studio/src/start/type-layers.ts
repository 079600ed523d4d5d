import type { JsonObject } from '@talus/protocol'
import { lookOf, type Look } from '../parts/type-mark.js'
import { objectsOf, textOf, textsOf } from '../work/schema.js'

/** A type of a template, where a picture of it has it. */
export type PlacedType = { id: string; label: string; look: Look; x: number; y: number }

/** What stands below what. */
export type Picture = {
  types: readonly PlacedType[]
  lines: readonly { from: PlacedType; to: PlacedType }[]
  layers: number
}

/**
 * Puts every type as many layers below the root as it is steps away from it. `x` runs from 0 to 1
 * across a layer, `y` counts layers. Types that cannot be reached stand in the first one.
 */
export function pictureOf(template: JsonObject): Picture {
  const all = objectsOf(template['node_types']).map((type) => ({
    id: textOf(type['id']),
    label: textOf(type['label']) || textOf(type['id']),
    look: lookOf(type),
    below: textsOf(type['allowed_children']),
    isRoot: textsOf(type['features']).includes('is_root'),
  }))
  const byId = new Map(all.map((type) => [type.id, type]))
  const isChild = new Set(all.flatMap(({ below }) => below))
  const root = all.find(({ isRoot }) => isRoot) ?? all.find(({ id }) => !isChild.has(id)) ?? all[0]
  const layerOf = new Map<string, number>(root ? [[root.id, 0]] : [])
  for (const [id, layer] of layerOf) {
    for (const child of byId.get(id)?.below ?? []) {
      if (byId.has(child) && !layerOf.has(child)) layerOf.set(child, layer + 1)
    }
  }
  const layers: (typeof all)[] = []
  for (const type of all) (layers[layerOf.get(type.id) ?? 0] ??= []).push(type)
  const placed = new Map<string, PlacedType>()
  for (const [y, layer] of layers.entries()) {
    for (const [at, { id, label, look }] of layer.entries()) {
      placed.set(id, { id, label, look, x: (at + 0.5) / layer.length, y })
    }
  }
  const lines = all.flatMap(({ id, below }) =>
    below.flatMap((child) => {
      const [from, to] = [placed.get(id), placed.get(child)]
      // A type below itself, or above its parent, would be drawn across everything.
      return from && to && to.y > from.y ? { from, to } : []
    }),
  )
  return { types: [...placed.values()], lines, layers: layers.length }
}
