import { describe, expect, test } from 'vitest'
import { ACTORS, Model } from './rules-model.js'

/** Each has failed once. */
const FORMER = [
  115, 127, 183, 621, 1117, 1181, 1279, 1340, 1382, 1402, 1667, 1704, 1777, 2111, 2157, 2519, 2955,
  3194, 3926, 1227, 1678, 1802, 1896, 2082, 2119, 2272, 2283, 2327, 2632, 2760, 2996, 3040,
]

const SEEDS = process.env['TALUS_MODEL_SEED']
  ? [Number(process.env['TALUS_MODEL_SEED'])]
  : [
      ...Array.from({ length: Number(process.env['TALUS_MODEL_RUNS'] ?? 20) }, (_, n) => n + 1),
      ...FORMER,
    ]

describe('three actors on a small forest, against the rules as they are written', () => {
  test.each(SEEDS)(
    '[ORD2] [UNDO3] [UNDO5] [UNDO9] [UNDO10] [UNDO11] TALUS_MODEL_SEED=%i',
    (seed) => {
      const model = new Model(seed)
      for (let n = 0; n < 120; n += 1) model.step()
      model.checkJournal()
      for (const actor of ACTORS) model.checkRoundTrip(actor)
      model.checkJournal()
      expect(model.session.entries.length).toBeGreaterThan(20)
    },
  )
})
