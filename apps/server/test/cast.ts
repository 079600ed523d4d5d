import type { Node } from '@talus/protocol'
import type { RawClient, TestApp } from './harness.js'

type Answer = Record<string, unknown>

/** Somebody in a session, by socket. */
export type Player = {
  client: RawClient
  execute: (command_type: string, data: object, rest?: object) => Promise<Answer>
  /** Sets a property of a node. */
  set: (node_id: string, property_id: string, new_value: unknown) => Promise<Answer>
  create: (node_id: string, parent_id?: string | null) => Promise<Answer>
  undo: (rest?: object) => Promise<Answer>
  redo: (rest?: object) => Promise<Answer>
}

function play(client: RawClient, session_id: string): Player {
  const execute = (command_type: string, data: object, rest?: object) =>
    client.execute(session_id, command_type, data, rest)
  const revert =
    (event: string) =>
    (rest: object = {}) =>
      client.ask(event, { session_id, ...rest })
  return {
    client,
    execute,
    set: (node_id, property_id, new_value) =>
      execute('UpdateProperty', { node_id, property_id, new_value }),
    create: (node_id, parent_id = null) =>
      execute('CreateNode', { blueprint_type_id: 't', node_id, parent_id }),
    undo: revert('undo_command'),
    redo: revert('redo_command'),
  }
}

/** A player on `/`; without a name it is one of the anonymous. */
export async function enter(app: TestApp, session_id: string, actor?: string): Promise<Player> {
  const client = await app.client()
  const rest = actor === undefined ? {} : { actor }
  return play(await client.join(session_id, { stream: 'changes', ...rest }), session_id)
}

/** A player on `/graph`. */
export async function enterGraph(
  app: TestApp,
  session_id: string,
  actor?: string,
): Promise<Player> {
  const auth = actor === undefined ? { session_id } : { session_id, actor }
  return play(await app.graphClient(session_id, { auth }), session_id)
}

export async function nodesOf(app: TestApp, session_id: string): Promise<Node[]> {
  const { body } = await app.api('GET', `/graph?session_id=${session_id}`)
  return body['nodes'] as Node[]
}

/** The property of a node; undefined when either is not there. */
export async function valueOf(
  app: TestApp,
  session_id: string,
  node_id: string,
  property_id: string,
): Promise<unknown> {
  const node = (await nodesOf(app, session_id)).find(({ id }) => id === node_id)
  return node?.properties[property_id]
}

/** Ids of all nodes in pre-order. */
export async function idsOf(app: TestApp, session_id: string): Promise<string[]> {
  return (await nodesOf(app, session_id)).map(({ id }) => id)
}
