import type { Rate } from './rate.js'

/** What somebody has used of a rate: whose budget it is, and how much. */
export type Use = [key: string, cost: number]

/** What was used of several rates, each by its name. */
export type Uses = { what: string; of: Use[] }[]

/** A rate that somebody may use on several servers. */
export interface SharedRate {
  /** Names it to other servers. */
  readonly what: string
  readonly rate: Rate
  /** What each has used here since this was last asked, of those that used at least so much. */
  used(least: number): Iterable<Use>
  /** Counts what was used on another server. */
  hear(key: string, cost: number): void
}

/** How often servers tell each other what was used, in milliseconds. */
export const TELL_USES_MS = 500

/**
 * Who uses less than this share of a rate is not told of: hardly anybody comes near to a limit, and what
 * nobody has to know costs nothing.
 */
const LEAST_SHARE = 1 / 8

/** Budgets of one rate that are told of at a time: the others follow. */
const AT_ONCE = 2_000

/**
 * Rates that hold over all servers, without asking anybody before something is let in: each server counts
 * what it lets in, and from time to time what the others say that they have let in. Who uses several
 * servers at once may so get a burst from each of them, which is made up for before anything more is
 * let in. When servers do not hear of each other, each has only what it counts itself.
 */
export class SharedRates {
  readonly #rates = new Map<string, SharedRate>()

  add<R extends SharedRate>(shared: R): R {
    if (shared.rate.perSecond !== Infinity) this.#rates.set(shared.what, shared)
    return shared
  }

  /** What was used here since this was last asked, as far as others have to know. */
  used(): Uses {
    const uses: Uses = []
    for (const [what, shared] of this.#rates) {
      const least = (LEAST_SHARE * shared.rate.perSecond * TELL_USES_MS) / 1_000
      const of: Use[] = []
      for (const use of shared.used(least)) if (of.push(use) === AT_ONCE) break
      if (of.length > 0) uses.push({ what, of })
    }
    return uses
  }

  /** Counts what was used on another server. A rate that is none here counts nothing. */
  hear(uses: Uses): void {
    for (const { what, of } of uses) {
      const shared = this.#rates.get(what)
      if (shared) for (const [key, cost] of of) shared.hear(key, cost)
    }
  }
}
