import type { Attempt } from './ledger.js'
import type { Client } from './client.js'
import type { Outbox } from './outbox.js'
import type { Member, Request } from './script.js'
import type { World } from './world.js'

/** Somebody who writes through REST and does not listen. */
export class RestClient implements Client {
  readonly member: Member
  readonly outbox: Outbox
  readonly #world: World
  #cutting: AbortController | undefined

  constructor(member: Member, world: World, outbox: Outbox) {
    this.member = member
    this.#world = world
    this.outbox = outbox
  }

  get isHere(): boolean {
    return this.#cutting !== undefined
  }

  async come(): Promise<void> {
    if (this.#cutting) return
    const { signal } = (this.#cutting = new AbortController())
    this.outbox.open((attempt) => this.#transmit(attempt, signal))
  }

  cut(): void {
    this.#cutting?.abort()
    this.#cutting = undefined
    this.outbox.close()
  }

  async #transmit({ request }: Attempt, signal: AbortSignal): Promise<unknown> {
    const { actor } = this.member
    const headers = {
      'content-type': 'application/json',
      ...(actor === undefined ? {} : { 'x-actor-id': actor }),
    }
    const { path, body } = this.#call(request)
    const url = `${this.#world.url}/api/v1${path}`
    const answer = await fetch(url, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
      signal,
    })
    const { success: _, ...rest } = (await answer.json()) as { success?: boolean }
    return answer.ok ? { ok: true, ...rest } : { ok: false, ...rest }
  }

  #call({ verb, ...body }: Request): { path: string; body: object } {
    const { session_id, project_id } = this.#world
    switch (verb) {
      case 'execute':
        return { path: '/commands/execute', body: { session_id, ...body } }
      case 'undo':
      case 'redo':
      case 'restore':
        return { path: `/sessions/${session_id}/${verb}`, body }
      case 'load':
        return { path: `/projects/${project_id}/load`, body: { session_id } }
      case 'save':
        return { path: `/projects/${project_id}/save`, body: {} }
      default:
        return verb satisfies never
    }
  }
}
