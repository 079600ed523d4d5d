/** Milliseconds between two looks at what connections hold. */
const SWEEP_MS = 250

/** A connection that holds less is not worth ending. */
const LEAST_BYTES = 65_536

/** A part of the budget: when so much is added, it is looked at once more. */
const EARLY_SHARE = 16

/** What is held for a connection: bytes it has not read, and parts of messages it has not ended. */
export type Holder = {
  /** The user, or the address of which no user is known. */
  readonly owner: string
  readonly heldBytes: number
  /** Ends the connection, which holds too much. */
  evict: (reason: 'user' | 'all', bytes: number) => void
}

type HeldBytesLimits = { perUser: number; inAll: number }

type HolderBytes = { holder: Holder; bytes: number; isLasting: boolean }

/**
 * Bounds the memory that connections hold, by user and in all (rule LIM32). Beyond it the connection
 * that holds most is ended, until the rest is within. What is written to many at once is held for a
 * moment by all of them: only those count that held something at the last look already, unless there
 * is twice as much as there may be.
 */
export class HeldBytes {
  readonly #limits: HeldBytesLimits
  readonly #holders = new Set<Holder>()
  #lasting: ReadonlySet<Holder> = new Set()
  #added = 0
  #timer: NodeJS.Timeout | undefined

  constructor(limits: HeldBytesLimits) {
    this.#limits = limits
  }

  watch(holder: Holder): void {
    this.#holders.add(holder)
    this.#timer ??= setInterval(() => this.#look(true), SWEEP_MS).unref()
  }

  forget(holder: Holder): void {
    this.#holders.delete(holder)
    if (this.#holders.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** So many bytes more wait for somebody. */
  grew(bytes: number): void {
    this.#added += bytes
    if (this.#added >= this.#limits.inAll / EARLY_SHARE) this.#look(false)
  }

  #look(isRegular: boolean): void {
    this.#added = 0
    const held: HolderBytes[] = []
    for (const holder of this.#holders) {
      const bytes = holder.heldBytes
      if (bytes < LEAST_BYTES) continue
      held.push({ holder, bytes, isLasting: this.#lasting.has(holder) })
    }
    if (isRegular) this.#lasting = new Set(held.map(({ holder }) => holder))
    if (held.length === 0) return
    held.sort((one, other) => other.bytes - one.bytes)
    const left = this.#evictByUser(held)
    evictBeyond(left, this.#limits.inAll, 'all')
  }

  /** Gives those that are still there. */
  #evictByUser(held: readonly HolderBytes[]): HolderBytes[] {
    const byOwner = new Map<string, HolderBytes[]>()
    for (const each of held) {
      const own = byOwner.get(each.holder.owner)
      if (own) own.push(each)
      else byOwner.set(each.holder.owner, [each])
    }
    const left = [...byOwner.values()].flatMap((own) =>
      evictBeyond(own, this.#limits.perUser, 'user'),
    )
    return left.toSorted((one, other) => other.bytes - one.bytes)
  }
}

/** `held`: the largest first. Gives those that are still there. */
function evictBeyond(
  held: readonly HolderBytes[],
  most: number,
  reason: 'user' | 'all',
): HolderBytes[] {
  let sum = held.reduce((bytes, each) => bytes + each.bytes, 0)
  if (sum <= most) return [...held]
  return held.filter(({ holder, bytes, isLasting }) => {
    if (sum <= most || (!isLasting && sum <= 2 * most)) return true
    sum -= bytes
    holder.evict(reason, bytes)
    return false
  })
}
