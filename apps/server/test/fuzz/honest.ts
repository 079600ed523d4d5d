import { check, GRAPH_EVENTS, ROOT_EVENTS, type Entry } from '@talus/protocol'
import type { TSchema } from 'typebox'
import { RawClient } from '../harness.js'
import { tokenFor } from '../tokens.js'
import type { Subject } from './subject.js'

/** The session in which honest people work meanwhile. */
export const HONEST_SESSION = 'honest'

const NODE = 'shared'

/** Answers to the honest that others wait for. One of them is asked for every 20 ms. */
const PATIENCE = 4

/** Those who work in a session while others attack the server. */
export type Honest = {
  /**
   * Resolves when the server has answered some more commands of theirs, or is gone. Who has no
   * answer by then, on a machine of whatever speed, need not wait any longer.
   */
  patience: () => Promise<void>
  /** Stops the work; resolves with everything that somebody missed or should not have seen. */
  finish: () => Promise<string[]>
  [Symbol.dispose]: () => void
}

type Witness = { name: string; client: RawClient; schemas: Record<string, { payload: TSchema }> }

async function enter(subject: Subject): Promise<Witness[]> {
  const { url } = subject
  const token = subject.authenticated ? { token: await tokenFor('ann') } : {}
  const auth = { ...token, session_id: HONEST_SESSION, actor: 'ann' }
  const on = (namespace: string, transport: string) =>
    new RawClient(`${url}${namespace}`, { auth, transports: [transport] }).connected()
  const [root, polling, changes, graph] = [
    await on('', 'websocket'),
    await on('', 'polling'),
    await on('', 'websocket'),
    await on('/graph', 'websocket'),
  ]
  await root.join(HONEST_SESSION)
  await polling.join(HONEST_SESSION)
  await changes.join(HONEST_SESSION, { stream: 'changes' })
  const graphSchemas = { ...GRAPH_EVENTS, error: ROOT_EVENTS.error }
  return [
    { name: 'events', client: root, schemas: ROOT_EVENTS },
    { name: 'events by polling', client: polling, schemas: ROOT_EVENTS },
    { name: 'changes', client: changes, schemas: ROOT_EVENTS },
    { name: 'graph', client: graph, schemas: graphSchemas },
  ]
}

/** The numbers that a witness saw the writer set, in the order in which they came. */
function valuesSeen({ client }: Witness): unknown[] {
  const single = [...client.of('property-changed'), ...client.of('graph:property-changed')]
  const entries = client.of('session:changes').flatMap(({ entries: some }) => some as Entry[])
  const changes = entries.flatMap((entry) => entry.changes)
  const all = [...single, ...changes] as {
    node_id?: string
    property_id?: string
    new_value?: unknown
  }[]
  return all
    .filter((change) => change.node_id === NODE && change.property_id === 'count')
    .map((change) => change.new_value)
}

function seqGaps({ client, name }: Witness): string[] {
  const seqs = client.of('session:changes').flatMap(({ entries }) => entries as Entry[])
  return seqs.flatMap(({ seq }, i) => {
    const before = seqs[i - 1]?.seq
    return before === undefined || seq === before + 1 ? [] : [`${name}: ${before}, then ${seq}`]
  })
}

function invalidEvents({ client, name, schemas }: Witness): string[] {
  return client.received.flatMap(({ event, payload }) => {
    const definition = schemas[event]
    const checked = definition && check(definition.payload, payload)
    if (checked?.ok) return []
    return [`${name} got ${event}: ${checked?.error.message ?? 'not declared'}`]
  })
}

/** One writer and a witness for each way to follow a session; they must notice nothing. */
export async function workHonestly(subject: Subject): Promise<Honest> {
  await createSession(subject)
  const witnesses = await enter(subject)
  const writer = witnesses[0]?.client as RawClient
  const written: number[] = []
  const refused: string[] = []
  let working = true
  const waiting = new Set<{ left: number; done: () => void }>()
  /** Those who have waited for so many answers wait no more. */
  const answered = (answers: number) => {
    for (const one of waiting) {
      one.left -= answers
      if (one.left <= 0 && waiting.delete(one)) one.done()
    }
  }
  void subject.ended.then(() => answered(Infinity))
  await writer.execute(HONEST_SESSION, 'CreateNode', { blueprint_type_id: 't', node_id: NODE })
  const work = async () => {
    for (let count = 1; working; count += 1) {
      const data = { node_id: NODE, property_id: 'count', new_value: count }
      const ack = await writer.execute(HONEST_SESSION, 'UpdateProperty', data)
      if (ack.ok === true) written.push(count)
      else refused.push(JSON.stringify(ack))
      answered(1)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  const worked = work()
  // Who disposes of it early is not waiting for it.
  worked.catch(() => undefined)
  return {
    patience: () =>
      new Promise((done) => {
        if (subject.died() === undefined) waiting.add({ left: PATIENCE, done })
        else done()
      }),
    async finish() {
      working = false
      await worked
      await Promise.all(witnesses.map(({ client }) => client.settled()))
      const expected = JSON.stringify(written)
      return [
        ...refused,
        ...witnesses.flatMap((witness) => {
          const seen = JSON.stringify(valuesSeen(witness))
          const missed = seen === expected ? [] : [`${witness.name} saw ${seen.slice(0, 500)}`]
          return [...missed, ...seqGaps(witness), ...invalidEvents(witness)]
        }),
      ]
    },
    [Symbol.dispose]() {
      working = false
      for (const { client } of witnesses) client.socket.disconnect()
    },
  }
}

async function createSession({ url, authenticated }: Subject): Promise<void> {
  const authorization = authenticated ? { authorization: `Bearer ${await tokenFor('ann')}` } : {}
  await fetch(`${url}/api/v1/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...authorization },
    body: JSON.stringify({ session_id: HONEST_SESSION }),
  })
}
