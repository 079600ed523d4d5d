import type { CommandStore, StoredCommand } from '../queue/store.js'
import type { Keeper } from './keeper.js'
import type { Living, Note } from './storage.js'
import { StoredGraph } from './stored-graph.js'

const ORDERS = new Set<unknown>(['execute_command', 'undo_command', 'redo_command'])

/** A store of the application may give anything. */
function isCommand(value: unknown): value is StoredCommand {
  const { command_id, order, payload } = Object(value) as Partial<StoredCommand>
  return typeof command_id === 'string' && ORDERS.has(order) && typeof payload === 'object'
}

/** What is stored of one session: its open commands and its last graph. */
export class StoredSession {
  actor_id: string | undefined
  readonly #keeper: Keeper
  readonly #living: Living
  readonly #graph: StoredGraph
  /** Commands that are answered and may still be in the store. */
  readonly #removed = new Set<string>()
  /** Commands that are being written: the end of one comes after it. */
  readonly #adding = new Map<string, Promise<void>>()
  #restoring: Promise<void> | undefined
  /** What others left was asked for just now. */
  #isFresh = false
  #isOver = false

  constructor(keeper: Keeper, living: Living) {
    this.#keeper = keeper
    this.#living = living
    this.#graph = new StoredGraph(keeper, living)
    this.#identify(keeper.settings.actor_id)
  }

  /** Undefined: nobody knows whose it would be, so nothing is stored yet. */
  get scope(): string | undefined {
    const { actor_id } = this
    if (actor_id === undefined) return undefined
    return this.#keeper.scopeOf(this.#living.sessionId, actor_id)
  }

  take(note: Note): void {
    if (note === 'withdrawn') this.#graph.remove()
    else if (note === 'live') this.#graph.live()
    else if (note === 'ended') this.#end()
    else if ('entry' in note) this.#graph.note(note.entry)
    else if ('loaded' in note) this.#graph.loaded(note.loaded)
    else if ('add' in note) this.#add(note.add)
    else this.#remove(note.remove)
  }

  /**
   * Takes in what is there; with the server's word on whose it is, if that was not known. Never
   * rejects; during an outage it does not wait for the store.
   */
  async takeIn(actor_id?: string): Promise<void> {
    if (actor_id === undefined) await (this.#restoring ??= this.#restore())
    else if (actor_id === this.actor_id) return
    else this.#identify(actor_id)
    await this.#adoptUnlessOut()
  }

  /**
   * Takes in what a client has left that is gone now. Without a connection it stays for one that
   * has it, or for the next connection; but a page shows what the one left that it replaces.
   */
  async takeLeft(wasThere: boolean): Promise<void> {
    this.#isFresh = false
    if (!wasThere && !this.#living.commands.line) return
    await this.#adoptUnlessOut()
  }

  /** Writes everything that has to be in the store. Rejects when that fails. */
  async writeAll(): Promise<void> {
    const { scope } = this
    if (scope === undefined) return
    // Reading shows whether the store works at all, before everything is written.
    if (!this.#isOver) await this.#keeper.ask('adopt', (store) => this.#adopt(store, scope))
    for (const id of this.#removed) {
      await this.#keeper.ask('remove', (store) => store.remove(scope, id))
      this.#removed.delete(id)
    }
    if (this.#isOver) return this.#keeper.drop(this)
    const { commands } = this.#living
    const add = (command: StoredCommand) =>
      this.#keeper.ask('add', (store) => this.#put(store, scope, command))
    const [first] = commands.stored
    if (first) await add(first)
    // Others may have been answered meanwhile, and removed.
    const others = commands.stored.filter(({ command_id }) => command_id !== first?.command_id)
    await Promise.all(others.map(add))
  }

  /** What was stored is gone. */
  lost(): void {
    this.#graph.lost()
  }

  /** The commands need the room that the graph takes. */
  makeRoom(): void {
    this.#graph.remove()
  }

  close(): void {
    this.#graph.close()
  }

  #identify(actor_id: string | undefined): void {
    const before = this.scope
    this.actor_id = actor_id
    this.#graph.moveTo(this.scope)
    for (const command of this.#living.commands.stored) {
      this.#add(command)
      if (before === undefined) continue
      this.#keeper.write('remove', (store) => store.remove(before, command.command_id))
    }
  }

  /** The graph and the commands appear together. */
  async #restore(): Promise<void> {
    const [last] = await Promise.all([this.#graph.read(), this.#adoptUnlessOut()])
    this.#isFresh = true
    if (last && !this.#isOver) this.#living.restore(last)
  }

  #add(command: StoredCommand): void {
    const { scope } = this
    if (scope === undefined) return
    this.#keeper.write('add', (store) => this.#put(store, scope, command))
  }

  async #put(store: CommandStore, scope: string, command: StoredCommand): Promise<void> {
    const id = command.command_id
    const adding = store.add(scope, command)
    this.#adding.set(id, adding)
    try {
      await adding
    } finally {
      if (this.#adding.get(id) === adding) this.#adding.delete(id)
    }
  }

  #remove(id: string): void {
    const { scope } = this
    if (scope === undefined) return
    this.#removed.add(id)
    this.#keeper.write('remove', async (store) => {
      if (this.#adding.has(id)) await this.#adding.get(id)
      await store.remove(scope, id)
      this.#removed.delete(id)
    })
  }

  async #adoptUnlessOut(): Promise<void> {
    const { scope } = this
    const { isOut } = this.#keeper
    if (scope === undefined || isOut || this.#isFresh) {
      this.#isFresh = false
      return
    }
    await this.#keeper.attempt('adopt', (store) => this.#adopt(store, scope))
  }

  /** An answer that comes after the limit is taken in as well. */
  async #adopt(store: CommandStore, scope: string): Promise<void> {
    const commands: unknown = await store.adopt(scope)
    if (!Array.isArray(commands)) throw new TypeError('adopt() gave no list of commands')
    // Those whose removal has failed are answered.
    const open = commands.filter(isCommand).filter((each) => !this.#removed.has(each.command_id))
    if (!this.#isOver) this.#living.commands.adopt(open)
  }

  #end(): void {
    this.#isOver = true
    this.#graph.close()
    if (this.#removed.size === 0) this.#keeper.drop(this)
  }
}
