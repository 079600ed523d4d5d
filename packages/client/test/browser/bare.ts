import { connect, indexedDbStore, TalusError, type Client, type Session } from '@talus/client'
import { Random } from '../random.js'
import { randomCommand } from '../random-command.js'
import { make, type Call } from './calls.js'

// A page without a view: tests do by the SDK itself what a view would do. What was asked for and
// what came of it is in localStorage, which outlives the page and is written at once.

const {
  server = '',
  actor = '',
  session: id = '',
  token,
} = Object.fromEntries(new URLSearchParams(location.search))

/**
 * Notes something of a command, and gives the key. A key of its own for each: other tabs write as
 * well. Nothing more than is needed: 50,000 commands have to fit.
 */
function note(commandId: string, what: string): string {
  const key = JSON.stringify([commandId, what])
  localStorage.setItem(key, '')
  return key
}

/** What tests reach by the global `bare`. */
export class Bare {
  readonly client: Client
  session: Session | undefined
  /** As an application may name it; the client has one of its own. */
  readonly store = indexedDbStore()
  /** How often this page came back out of the back-forward cache. */
  restored = 0
  /** What the page was told of its life. */
  readonly signals: string[] = []
  /** How the session stood, one after the other. */
  readonly statuses: string[] = []
  /** What the client told that was no answer to a call. */
  readonly errors: string[] = []

  constructor() {
    // Whether a line is dead shows when an answer is overdue; tests shall not wait long for that.
    this.client = connect(server, {
      actor,
      ...(token !== undefined && { token: async () => token }),
      ackTimeoutMs: 1_500,
      reconnect: { minDelayMs: 50, maxDelayMs: 200 },
    })
    this.client.on('error', ({ code, message }) => this.errors.push(`${code}: ${message}`))
    addEventListener('pageshow', ({ persisted }) => {
      if (persisted) this.restored += 1
    })
    for (const signal of ['freeze', 'resume', 'visibilitychange'] as const) {
      document.addEventListener(signal, () => this.signals.push(signal))
    }
  }

  async join(): Promise<void> {
    const session = await this.client.join(id)
    this.session = session
    const noteStatus = () => this.statuses.push(JSON.stringify(session.status))
    noteStatus()
    session.on('status', noteStatus)
    session.on('rejected', ({ commandId = '', code }) => note(commandId, `rejected: ${code}`))
  }

  /** Makes a node that is named as the command. */
  add(name: string): void {
    this.call(name, {
      command_type: 'CreateNode',
      data: { blueprint_type_id: 'task', name },
    })
  }

  /** Does something that follows from the seed, as this command. */
  act(commandId: string, seed: number): void {
    const random = new Random(seed)
    const below = random.below(100)
    if (below < 12) this.call(commandId, 'undo')
    else if (below < 20) this.call(commandId, 'redo')
    else this.call(commandId, randomCommand(random, this.#joined.graph, actor))
  }

  call(commandId: string, call: Call): void {
    const asked = note(commandId, JSON.stringify(call))
    make(this.#joined, commandId, call).then(
      ({ seq }) => {
        note(commandId, seq === null ? 'changed nothing' : `executed as ${seq}`)
        // Only of what has no outcome the call is asked for; all of them take more than may be kept.
        localStorage.removeItem(asked)
      },
      (error: unknown) => {
        // What is refused is told as an event, also to a page that comes later.
        if (!(error instanceof TalusError)) throw error
      },
    )
  }

  get pending(): number {
    return this.session?.pending ?? 0
  }

  get names(): string[] {
    return Array.from(this.session?.graph.walk() ?? [], ({ name }) => name)
  }

  get shown(): object[] {
    const graph = this.session?.graph
    return Array.from(graph?.walk() ?? [], (node) => ({
      ...node,
      children: graph?.children(node.id),
    }))
  }

  /** What is known of each command that was ever called at this browser. */
  get outcomes(): Map<string, string[]> {
    const outcomes = new Map<string, string[]>()
    for (const key of Object.keys(localStorage)) {
      const [commandId, what] = JSON.parse(key) as [string, string]
      outcomes.set(commandId, [...(outcomes.get(commandId) ?? []), what])
    }
    return outcomes
  }

  get #joined(): Session {
    if (!this.session) throw new Error('The page has not joined')
    return this.session
  }
}

const bare = new Bare()
Object.assign(globalThis, { bare })
await bare.join()
