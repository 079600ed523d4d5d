import type { Session } from '@talus/client'
import { wordsOf } from './words.js'

export const KINDS = ['changes', 'people', 'connection', 'problems'] as const
export type Kind = (typeof KINDS)[number]

/** An event that the client received. */
export type LogLine = {
  key: number
  at: number
  kind: Kind
  /** Description of the event. */
  text: string
  who: string | undefined
  seq: number | undefined
  /** The payload as received. */
  payload: unknown
  /** Milliseconds from the server's timestamp to receipt; includes the clock difference. */
  delay: number | undefined
}

const MOST = 2_000

/** The latest events of a session. */
export class Log {
  #lines: readonly LogLine[] = []
  #count = 0
  #frame = 0
  #fresh: LogLine[] = []
  readonly #listeners = new Set<() => void>()

  get lines(): readonly LogLine[] {
    return this.#lines
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  clear(): void {
    this.#lines = []
    this.#fresh = []
    this.#tell()
  }

  /** Takes in what a session tells until the result is called. */
  follow(session: Session): () => void {
    const nameOf = (actor: { id: string; name?: string }) => actor.name ?? actor.id
    // Who has left is not listed any more.
    const names = new Map<string, string>()
    const meet = () => {
      for (const { client_id, actor } of session.participants) names.set(client_id, nameOf(actor))
    }
    meet()
    const stops = [
      session.on('participants', meet),
      session.on('entry', (entry) =>
        this.#add('changes', wordsOf(session.graph, entry), {
          who: nameOf(entry.actor),
          seq: entry.seq,
          payload: entry,
          delay: Math.max(0, Date.now() - Date.parse(entry.timestamp)),
        }),
      ),
      session.on('session:connected', (event) =>
        this.#add('people', 'came', {
          who: event.actor ? nameOf(event.actor) : event.client_id,
          payload: event,
        }),
      ),
      session.on('session:disconnected', (event) =>
        this.#add('people', 'left', {
          who: names.get(event.client_id) ?? event.client_id,
          payload: event,
        }),
      ),
      session.on('project:saved', (event) =>
        this.#add('people', 'saved the project', { payload: event }),
      ),
      session.on('status', (status) =>
        this.#add('connection', typeof status === 'string' ? status : 'refused', {
          payload: status,
        }),
      ),
      session.on('rejected', (error) => this.#add('problems', error.message, { payload: error })),
      session.on('ended', (error) => this.#add('problems', error.message, { payload: error })),
    ]
    return () => {
      for (const stop of stops) stop()
    }
  }

  #add(kind: Kind, text: string, line: Pick<LogLine, 'payload'> & Partial<LogLine>): void {
    this.#count += 1
    const { who, seq, payload, delay } = line
    this.#fresh.push({ key: this.#count, at: Date.now(), kind, text, who, seq, payload, delay })
    // Once a frame, however many come.
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#tell())
  }

  #tell(): void {
    this.#frame = 0
    if (this.#fresh.length > 0) this.#lines = [...this.#lines, ...this.#fresh].slice(-MOST)
    this.#fresh = []
    for (const listener of this.#listeners) listener()
  }
}
