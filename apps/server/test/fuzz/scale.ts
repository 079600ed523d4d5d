/** How much is tried, and from which seed: `pnpm fuzz` gives both. */
export type Scale = { inputs: number; seed: number }

/** A share that takes seconds; `pnpm fuzz` takes as many as it is told. */
const IN_EVERY_RUN = 1_000

function numberOf(variable: string, fallback: number): number {
  const given = Number(process.env[variable] ?? fallback)
  if (!Number.isSafeInteger(given) || given < 1) throw new Error(`${variable} is not a count`)
  return given
}

/** The same inputs in every run, unless others are asked for. */
export function scale(): Scale {
  return {
    inputs: numberOf('TALUS_FUZZ_INPUTS', IN_EVERY_RUN),
    seed: numberOf('TALUS_FUZZ_SEED', 1),
  }
}

/** Ends what hangs; a long run may take long. */
export const HANGS_AFTER_MS = 180_000 + scale().inputs * 20

/** Whether this is a long run, in which what the server keeps can be told from noise. */
export const IS_LONG = scale().inputs >= 20_000

/** How a run can be repeated. */
export function repeatBy({ inputs, seed }: Scale): string {
  return `pnpm fuzz --seed ${seed} --inputs ${inputs}`
}
