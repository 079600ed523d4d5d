import { expect, test } from 'vitest'
import { runScript } from './convergence/run-script.js'
import { writeScript } from './convergence/write-script.js'

const OPERATIONS = 200

const { TALUS_FUZZ_SEED, TALUS_FUZZ_SEEDS } = process.env

/** `TALUS_FUZZ_SEED` names one, `TALUS_FUZZ_SEEDS` says how many from 1 on. */
function seeds(): number[] {
  if (TALUS_FUZZ_SEED !== undefined) return [Number(TALUS_FUZZ_SEED)]
  return Array.from({ length: Number(TALUS_FUZZ_SEEDS ?? 3) }, (_, i) => i + 1)
}

/** The first line of a failure says how to see it again. */
function withSeed(err: unknown, seed: number): unknown {
  if (!(err instanceof Error)) return err
  const again = `TALUS_FUZZ_SEED=${seed} npx vitest run test/convergence.test.ts`
  err.message = `Again, in apps/server: ${again}\n${err.message}`
  return err
}

// What clients send at once meets at the server in an order that no seed decides: a seed repeats
// what everybody does and when they are cut off, and that finds most failures again, not all.
test.each(seeds())(
  '[SYNC1] [SYNC2] [IDEM1] [IDEM2] [IDEM3] [CMD2] [CMD5] [UNDO1] [UNDO3] all agree: TALUS_FUZZ_SEED=%i',
  async (seed) => {
    try {
      expect(await runScript(writeScript(seed, OPERATIONS))).toBeGreaterThan(0)
    } catch (err) {
      throw withSeed(err, seed)
    }
  },
)
