import { ok } from 'node:assert/strict'
import { eventually } from '../eventually.js'
import { Network } from '../network.js'
import type { Random } from '../random.js'
import { BareTab } from './bare-tab.js'
import type { Computer } from './computers.js'

const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

type Place = {
  computer: Computer
  /** The address of the page, without what it is told. */
  page: string
  server: string
  session: string
  actor: string
}

/** Something that happens to a page, and how often beside the others. */
type Happening = readonly [weight: number, happens: (random: Random) => unknown]

/** Somebody who edits at a page to which everything happens that happens to pages. */
export class Writer {
  readonly name: string
  /** How often each thing happened. */
  readonly counts: Record<string, number> = {}
  readonly #place: Place
  readonly #network: Network
  readonly #troubles: string[] = []
  /** All who share what this browser stores. */
  #beside: readonly Writer[] = [this]
  #tab: BareTab
  #made = 0
  #isFrozen = false
  #isOffline = false

  private constructor(name: string, place: Place, network: Network, tab: BareTab) {
    this.name = name
    this.#place = place
    this.#network = network
    this.#tab = tab
  }

  /** `name`: of the commands; two writers may be one actor. */
  static async enter(name: string, place: Place): Promise<Writer> {
    const network = await Network.to(place.server)
    const tab = await open(place, network)
    await tab.joined()
    return new Writer(name, place, network, tab)
  }

  get actor(): string {
    return this.#place.actor
  }

  /** How many calls it has made. */
  get calls(): number {
    return this.#made
  }

  get tab(): BareTab {
    return this.#tab
  }

  get troubles(): string[] {
    return [...this.#troubles, ...this.#tab.troubles]
  }

  /** These share what their browser stores. */
  static sideBySide(writers: readonly Writer[]): void {
    for (const writer of writers) writer.#beside = writers
  }

  /** Does something, or has something happen. */
  async step(random: Random): Promise<void> {
    if (!this.#isFrozen && random.chance(0.8)) return this.#act(random)
    const happenings = Object.entries(this.#isFrozen ? this.#whileFrozen : this.#happenings)
    let below = random.below(happenings.reduce((sum, [, [weight]]) => sum + weight, 0))
    for (const [name, [weight, happens]] of happenings) {
      below -= weight
      if (below >= 0) continue
      this.counts[name] = (this.counts[name] ?? 0) + 1
      await happens(random)
      return
    }
  }

  /** Everything is well again, and what was called is answered. */
  async settle(): Promise<void> {
    this.#network.mend()
    await this.#thaw()
    await this.#offline(false)
    await this.#tab.slowDown(1)
    await this.#tab.joined()
    await this.#tab.stands('live')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#network[Symbol.asyncDispose]()
  }

  readonly #whileFrozen: Record<string, Happening> = {
    thaw: [2, () => this.#thaw()],
    wait: [1, (random) => later(random.below(600))],
    cut: [1, () => this.#network.cut()],
    mend: [2, () => this.#network.mend()],
  }

  readonly #happenings: Record<string, Happening> = {
    wait: [4, (random) => later(random.below(600))],
    offline: [3, () => this.#offline(true)],
    online: [6, () => this.#offline(false)],
    cut: [2, () => this.#network.cut()],
    reset: [3, () => this.#network.reset()],
    stall: [2, () => this.#network.stall()],
    deafen: [2, () => this.#network.stall(['far'])],
    abandon: [2, () => this.#network.abandon()],
    lag: [1, (random) => this.#network.lag(random.below(300))],
    slow: [1, () => this.#network.slow(20_000)],
    mend: [16, () => this.#network.mend()],
    freeze: [3, () => this.#freeze()],
    show: [2, () => this.#tab.show()],
    'slow CPU': [1, () => this.#tab.slowDown(6)],
    'quick CPU': [2, () => this.#tab.slowDown(1)],
    'away and back': [3, (random) => this.#leaveAndReturn(random)],
    reload: [2, () => this.#reload()],
    reopen: [2, () => this.#reopen()],
    'clear storage': [1, () => this.#clear(() => this.#tab.clearStorage())],
    'delete databases': [
      1,
      () =>
        this.#clear(async () => {
          for (const name of ['talus', 'talus-graphs']) await this.#tab.deleteDatabase(name)
        }),
    ],
  }

  async #act(random: Random): Promise<void> {
    const calls = random.chance(0.1) ? 20 : 1
    for (let call = 0; call < calls; call += 1) {
      this.#made += 1
      await this.#tab.act(`${this.name}-${this.#made}`, random.below(1_000_000))
    }
  }

  async #freeze(): Promise<void> {
    await this.#tab.freeze()
    this.#isFrozen = true
  }

  async #thaw(): Promise<void> {
    if (!this.#isFrozen) return
    await this.#tab.thaw()
    this.#isFrozen = false
  }

  async #offline(isOffline: boolean): Promise<void> {
    this.#isOffline = isOffline
    await this.#tab.offline(isOffline)
  }

  /** Lets the page itself be loaded, which a service worker does in the place of a network. */
  async #letLoad(): Promise<void> {
    if (!this.#isOffline) return
    this.#network.cut()
    await this.#offline(false)
  }

  async #leaveAndReturn(random: Random): Promise<void> {
    await this.#letLoad()
    await this.#tab.away()
    await later(random.below(600))
    await this.#rejoin(() => this.#tab.back())
  }

  async #reload(): Promise<void> {
    await this.#letLoad()
    await this.#rejoin(() => this.#tab.reload())
  }

  async #reopen(): Promise<void> {
    await this.#letLoad()
    await this.#tab.close()
    this.#troubles.push(...this.#tab.troubles)
    await this.#rejoin(async () => {
      this.#tab = await open(this.#place, this.#network)
    })
  }

  /** A page that begins anew needs the server unless a graph is stored: it may take its time. */
  async #rejoin(begin: () => Promise<void>): Promise<void> {
    await begin()
    const isThere = this.#tab.joined()
    const mending = setTimeout(() => this.#network.mend(), 3_000)
    await isThere
    clearTimeout(mending)
  }

  /**
   * What a page left that was closed is in the storage alone, until another one has taken it over.
   * What is pending is written again, by each page that runs: until then it is there alone, and a
   * page that is closed before takes it along.
   */
  async #clear(clear: () => Promise<unknown>): Promise<void> {
    for (const writer of this.#beside) await writer.#thaw()
    await this.#compare((stored, pending) => stored <= pending)
    await clear()
    await this.#compare((stored, pending) => stored >= pending)
  }

  async #compare(isRight: (stored: number, pending: number) => boolean): Promise<void> {
    await eventually(async () => {
      let pending = 0
      for (const { tab } of this.#beside) pending += await tab.read((bare) => bare.pending)
      const { length } = await this.#tab.stored().catch(() => [])
      ok(isRight(length, pending), `${length} stored, ${pending} pending`)
    })
  }
}

function open({ computer, page, session, actor }: Place, network: Network): Promise<BareTab> {
  const query = new URLSearchParams({ server: network.url, actor, session })
  return BareTab.open(computer, `${page}?${query}`)
}
