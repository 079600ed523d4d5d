import type { RootPayload } from '@talus/protocol'
import { lifecycleEvent } from './event-name.js'

type Executing = RootPayload<'command:executing'>
type Changed = RootPayload<'property-changed'>
type Executed = RootPayload<'command:executed'>

/** Parses everything that one client of a room receives and notes what is wrong with it. */
export class Observer {
  /** Ids of the executed commands, in commit order. */
  readonly committed: string[] = []
  readonly complaints: string[] = []
  readonly #valueOf: (commandId: string) => string | undefined
  readonly #announced = new Set<string>()
  #changedBy: string | undefined
  #seq: number | undefined

  /** `valueOf` tells which value a command was sent with. */
  constructor(valueOf: (commandId: string) => string | undefined) {
    this.#valueOf = valueOf
  }

  event(bytes: Buffer, start: number, end: number): void {
    const name = lifecycleEvent(bytes, start, end)
    if (name === 'other') return
    const [, payload] = JSON.parse(bytes.toString('utf8', start + 2, end)) as [string, unknown]
    switch (name) {
      case 'executing':
        this.#announced.add((payload as Executing).command_id)
        return
      case 'changed':
        this.#change(payload as Changed)
        return
      case 'executed':
        this.#end(payload as Executed)
        return
      default:
        name satisfies never
    }
  }

  #change({ command_id: id, new_value: value }: Changed): void {
    if (!id || !this.#announced.delete(id)) this.#complain(`change without announcement: ${id}`)
    else if (value !== this.#valueOf(id))
      this.#complain(`${id} changed to ${JSON.stringify(value)}`)
    this.#changedBy = id
  }

  #end({ command_id: id, seq }: Executed): void {
    if (id !== this.#changedBy)
      this.#complain(`${id} executed after the change of ${this.#changedBy}`)
    if (this.#seq !== undefined && seq !== this.#seq + 1) {
      this.#complain(`seq ${seq} after ${this.#seq}`)
    }
    this.#seq = seq
    this.committed.push(id)
  }

  #complain(complaint: string): void {
    if (this.complaints.length < 5) this.complaints.push(complaint)
  }
}
