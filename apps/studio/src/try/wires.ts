import { TalusError } from '@talus/client'
import type { Raw, RawSocket } from '@talus/client/raw'
import type { Namespace } from '@talus/protocol'
import { eventOf, fieldsOf, payloadOf, type Subject } from './contract.js'

/** The response to a request. */
export type Reply = {
  /** Whether the request succeeded. */
  isOk: boolean
  /** HTTP status, or error code. */
  standing: string
  body: unknown
  bytes: number
  /** Time from sending to the response. */
  ms: number
  command_id: string | undefined
}

/** A received event. */
export type Heard = {
  key: number
  namespace: Namespace
  name: string
  payload: unknown
  /** Time of receipt, by `performance.now()`. */
  at: number
}

const textOf = (value: unknown) => (value === undefined ? '' : JSON.stringify(value))

const bytesOf = (text: string) => new TextEncoder().encode(text).length

export const isOurs = ({ payload }: Heard, command_id: string | undefined) => {
  const named = fieldsOf(payload)
  const { entries } = named
  // One `session:changes` has several entries.
  const list = Array.isArray(entries) ? entries : [named]
  return command_id !== undefined && list.some((one) => fieldsOf(one)['command_id'] === command_id)
}

function refusal(error: unknown, ms: number): Reply {
  const body = error instanceof TalusError ? error.toJSON() : { message: String(error) }
  const standing = error instanceof TalusError ? error.code : 'failed'
  const text = textOf(body)
  return { isOk: false, standing, body, bytes: bytesOf(text), ms, command_id: undefined }
}

function answered(body: unknown, ms: number): Reply {
  const { ok, error, command_id } = fieldsOf(body)
  const code = fieldsOf(error)['code']
  return {
    isOk: ok !== false,
    standing: typeof code === 'string' ? code : 'ok',
    body,
    bytes: bytesOf(textOf(body)),
    ms,
    command_id: typeof command_id === 'string' ? command_id : undefined,
  }
}

/** A path with its parameters filled in. */
function filledPath(path: string, params: unknown): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = fieldsOf(params)[name]
    return encodeURIComponent(typeof value === 'string' ? value : '')
  })
}

/** The fields of a query as they stand in an address. */
function queryOf(query: unknown): Record<string, string> {
  const fields = Object.entries(fieldsOf(query))
  return Object.fromEntries(
    fields.map(([name, value]) => [name, typeof value === 'string' ? value : textOf(value)]),
  )
}

/** A body, or its text where it is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** What is asked of a dry run, where there is one. */
export function previewOf(subject: Subject): 'preview_command' | 'PreviewCommandRoute' | undefined {
  if (subject.name === 'ExecuteCommandRoute') return 'PreviewCommandRoute'
  return eventOf(subject) === 'execute_command' ? 'preview_command' : undefined
}

/**
 * Connections of the page's own: one of each namespace to ask over, and one of each that is in the
 * session as anybody else is, and hears what everybody does.
 */
export class Wires {
  readonly #raw: Raw
  readonly #session_id: string | undefined
  readonly #onHeard: (heard: Heard, isToSender: boolean) => void
  readonly #asking = new Map<Namespace, Promise<RawSocket>>()
  readonly #open = new Set<RawSocket>()
  #hasEnded = false
  #count = 0

  constructor(
    raw: Raw,
    session_id: string | undefined,
    onHeard: (heard: Heard, isToSender: boolean) => void,
  ) {
    this.#raw = raw
    this.#session_id = session_id
    this.#onHeard = onHeard
  }

  /** Enters the session, if there is one, to hear what everybody hears. */
  async listen(): Promise<void> {
    const session_id = this.#session_id
    if (session_id === undefined) return
    const [socket] = await Promise.all([this.#connect('/', false), this.#connect('/graph', false)])
    await socket.ask('join_session', { session_id })
  }

  async ask(subject: Subject, draft: unknown): Promise<Reply> {
    const start = performance.now()
    try {
      if (subject.route) {
        const { method, path } = subject.route
        return await this.#request(method, filledPath(path, fieldsOf(draft)['params']), draft)
      }
      return await this.#emit(subject, eventOf(subject), payloadOf(subject, draft))
    } catch (error) {
      return refusal(error, performance.now() - start)
    }
  }

  /** What it would do. */
  async preview(subject: Subject, draft: unknown): Promise<Reply> {
    const start = performance.now()
    try {
      if (subject.route) return await this.#request('POST', '/commands/preview', draft)
      return await this.#emit(subject, 'preview_command', payloadOf(subject, draft))
    } catch (error) {
      return refusal(error, performance.now() - start)
    }
  }

  close(): void {
    this.#hasEnded = true
    for (const socket of this.#open) socket.close()
    this.#asking.clear()
  }

  async #request(method: string, path: string, draft: unknown): Promise<Reply> {
    const { query, body } = fieldsOf(draft)
    const start = performance.now()
    const asked = { method, path, query: queryOf(query), ...(body !== undefined && { body }) }
    const { status, text } = await this.#raw.request(asked)
    const ms = performance.now() - start
    const reply = answered(parsed(text), ms)
    const isOk = status < 400
    const standing = isOk ? `HTTP ${status}` : `HTTP ${status} ${reply.standing}`
    return { ...reply, isOk, standing, bytes: bytesOf(text) }
  }

  async #emit({ channel }: Subject, event: string, payload: unknown): Promise<Reply> {
    const namespace = channel === '/graph' ? '/graph' : '/'
    const socket = await this.#sender(namespace)
    const start = performance.now()
    if (event === 'ping') {
      // It carries nothing, and its answer is an event.
      socket.send(event)
      return { ...answered(undefined, 0), standing: 'sent' }
    }
    const body = await socket.ask(event, payload)
    return answered(body, performance.now() - start)
  }

  #sender(namespace: Namespace): Promise<RawSocket> {
    const known = this.#asking.get(namespace)
    if (known) return known
    const socket = this.#connect(namespace, true)
    this.#asking.set(namespace, socket)
    // What failed is tried again the next time.
    socket.catch(() => this.#asking.delete(namespace))
    return socket
  }

  async #connect(namespace: Namespace, isToSender: boolean): Promise<RawSocket> {
    const session_id = this.#session_id
    const socket = await this.#raw.connect(namespace, {
      ...(namespace === '/graph' && session_id !== undefined && { session_id }),
      onEvent: (name, payload) => {
        this.#count += 1
        const heard = { key: this.#count, namespace, name, payload, at: performance.now() }
        this.#onHeard(heard, isToSender)
      },
      onEnd: () => {
        this.#open.delete(socket)
        if (isToSender) this.#asking.delete(namespace)
      },
    })
    if (this.#hasEnded) socket.close()
    else this.#open.add(socket)
    return socket
  }
}
