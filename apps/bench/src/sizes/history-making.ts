import type { JsonObject } from '@talus/protocol'
import { RawClient } from '../raw-client.js'
import { seqOf, type Request } from './requests.js'
import { fullParents, nodeId, type Shape } from './shape.js'

const ACTORS = 4

/** Of each actor. */
const IN_FLIGHT = 200

/** Prime: spreads what is touched over the whole graph. */
const STRIDE = 7_919

/** What twenty commands of an actor are: mostly edits, as in real work. The graph does not grow. */
const MIX = [
  ...Array.from({ length: 15 }, () => 'update' as const),
  ...(['move', 'move', 'move', 'create', 'delete'] as const),
]

/** Of so many, one is taken back. It waits for all before it, so that many would take long. */
const UNDO_EVERY = 100

/** Writes what one actor does, for as long as it is asked to. */
class Actor {
  readonly #session_id: string
  readonly #shape: Shape
  readonly #number: number
  readonly #created: string[] = []
  #n = 0

  constructor(session_id: string, shape: Shape, number: number) {
    this.#session_id = session_id
    this.#shape = shape
    this.#number = number
  }

  next(): Request {
    const n = this.#n++
    // The one before was an edit.
    if (n % UNDO_EVERY === 5) return ['undo_command', { session_id: this.#session_id }]
    const action = MIX[n % MIX.length] ?? 'update'
    switch (action) {
      case 'update':
        return this.#update(n)
      case 'move':
        return this.#move(n)
      case 'create':
        return this.#create(n)
      case 'delete':
        return this.#execute('DeleteNode', { node_id: this.#created.pop() ?? '' })
      default:
        return action satisfies never
    }
  }

  /** No two actors touch the same node at a time. */
  #spread(n: number, count: number): number {
    return ((ACTORS * n + this.#number) * STRIDE) % count
  }

  #execute(command_type: string, data: JsonObject): Request {
    return ['execute_command', { session_id: this.#session_id, command_type, data }]
  }

  #update(n: number): Request {
    const node_id = nodeId(this.#spread(n, this.#shape.nodes))
    const property_id = ['status', 'priority', 'owner', 'due', 'note'][n % 5] ?? 'note'
    const new_value = `value ${this.#number}-${n}`
    return this.#execute('UpdateProperty', { node_id, property_id, new_value })
  }

  #move(n: number): Request {
    const parent = this.#spread(n, fullParents(this.#shape))
    const node_id = nodeId(parent * this.#shape.fanOut + 1 + (n % this.#shape.fanOut))
    const at = n % 2 === 0 ? 'start' : 'end'
    return this.#execute('MoveNode', { node_id, parent_id: nodeId(parent), position: { at } })
  }

  #create(n: number): Request {
    const node_id = `new-${this.#number}-${n}`
    this.#created.push(node_id)
    const parent_id = nodeId(this.#spread(n, fullParents(this.#shape)))
    const named = { blueprint_type_id: 'task', name: `New ${n}`, node_id, parent_id }
    return this.#execute('CreateNode', named)
  }
}

/** Sends what an actor does until the session has come to this seq. */
function act(client: RawClient, actor: Actor, until: number): Promise<void> {
  let waiting = 0
  let reached = false
  return new Promise((resolve) => {
    const send = () => {
      const request = actor.next()
      waiting++
      client.emit(request, (answer) => {
        waiting--
        // Without a seq: an undo of what somebody else has changed since, a move to the same place.
        const seq = seqOf(answer, request) ?? 0
        if (seq >= until) reached = true
        if (!reached) send()
        else if (waiting === 0) resolve()
      })
    }
    for (let i = 0; i < IN_FLIGHT; i++) send()
  })
}

/** Several actors edit a session, until it has come to this seq. */
export async function makeHistory(
  url: string,
  { session_id, shape, until }: { session_id: string; shape: Shape; until: number },
): Promise<void> {
  // Without joining: nobody needs to be told of a million entries.
  const numbers = Array.from({ length: ACTORS }, (_, number) => number)
  const clients = await Promise.all(
    numbers.map((number) => RawClient.connect(url, { actor: `actor-${number}` })),
  )
  await Promise.all(
    clients.map((client, number) => act(client, new Actor(session_id, shape, number), until)),
  )
  for (const client of clients) client.close()
}
