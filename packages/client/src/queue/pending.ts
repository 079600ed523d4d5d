import {
  checkJson,
  type Ack,
  type ClientPayload,
  type ErrorBody,
  type Preview,
} from '@talus/protocol'
import { TalusError, timeoutError, type RefusedCommand } from '../errors.js'
import type { StoredCommand } from './store.js'

/** What goes through a session's queue: whatever its place among the commands matters for. */
export type Order = StoredCommand['order'] | 'preview_command'

/** What an order leads to, when it is not refused. */
export type Success = Extract<Ack | Preview, { ok: true }>

/**
 * Where a pending order stands: not sent (again) yet, sent and unanswered, or refused for now.
 * `transmission` tells the answer to the last sending from those to earlier ones.
 */
type State =
  | { at: 'waiting' }
  | { at: 'sent'; transmission: number }
  | { at: 'refused'; error: TalusError }

/** Why an order was refused, and what it asked for. */
export function refusalOf(
  { order, payload }: Pick<Pending, 'order' | 'payload'>,
  error: ErrorBody,
) {
  const { command_id: commandId } = payload
  if (order !== 'execute_command') return new TalusError(error, { commandId })
  const { command_type, data, label } = payload as ClientPayload<'execute_command'>
  const command = { command_type, data, label } as RefusedCommand
  return new TalusError(error, { commandId, command })
}

const encoder = new TextEncoder()

/** One call of the application, from the call until its promise is settled. */
export class Pending {
  readonly order: Order
  readonly payload: ClientPayload<Order>
  readonly bytes: number
  readonly promise: Promise<Success>
  state: State = { at: 'waiting' }
  #transmissions = 0
  #deadline: ReturnType<typeof setTimeout> | undefined
  #resolve!: (success: Success) => void
  #reject!: (error: TalusError) => void

  /** Throws a TalusError, BAD_REQUEST, when JSON cannot carry the payload. */
  constructor(order: Order, payload: ClientPayload<Order>) {
    const checked = checkJson(payload)
    if (!checked.ok) {
      const commandId = payload.command_id
      throw new TalusError({ ...checked.error, retryable: false }, { commandId })
    }
    const text = JSON.stringify(payload)
    this.order = order
    // A copy: under one command id it must be the same payload each time (rule IDEM2).
    this.payload = JSON.parse(text) as ClientPayload<Order>
    this.bytes = encoder.encode(text).length
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    // A view need not wait for what it does: the session tells of what is refused as well.
    this.promise.catch(() => {})
  }

  /** Whether it may change something; what only asks need not survive. */
  get isCommand(): boolean {
    return this.order !== 'preview_command'
  }

  /** Empty for what was given none, a preview. */
  get command_id(): string {
    return this.payload.command_id ?? ''
  }

  /** A command as a store keeps it. */
  get stored(): StoredCommand {
    const { order, payload, command_id } = this
    return { command_id, order, payload } as StoredCommand
  }

  /** Marks it as sent; gives the number of this sending. */
  sent(): number {
    this.#transmissions += 1
    this.state = { at: 'sent', transmission: this.#transmissions }
    return this.#transmissions
  }

  isAwaiting(transmission: number): boolean {
    return this.state.at === 'sent' && this.state.transmission === transmission
  }

  expireAfter(ms: number, onExpired: () => void): void {
    this.#deadline = setTimeout(onExpired, ms)
  }

  resolve(success: Success): void {
    clearTimeout(this.#deadline)
    this.#resolve(success)
  }

  reject(error: TalusError): void {
    clearTimeout(this.#deadline)
    this.#reject(error)
  }

  /** What to reject with when the time is up. */
  get late(): TalusError {
    if (this.state.at === 'refused') return this.state.error
    const outcome = this.#transmissions > 0 ? 'it may have been executed' : 'it was never sent'
    return timeoutError(`No answer in time; ${outcome}`)
  }
}
