import type { Node } from '@talus/protocol'
import { testApp, type RawClient, type TestApp } from './harness.js'
import { TEMPLATES } from './templates.js'

type Answer = Record<string, unknown>

/** A session on a running server, with somebody who writes and listeners on both namespaces. */
export type TreeSession = {
  app: TestApp
  session_id: string
  writer: RawClient
  root: RawClient
  graph: RawClient
  /** Executes a command; gives its acknowledgement. */
  execute: (command_type: string, data: object, rest?: object) => Promise<Answer>
  /** Executes commands that have to succeed, each given as its type and data. */
  done: (...commands: [command_type: string, data: object][]) => Promise<void>
  undo: (rest?: object) => Promise<Answer>
  redo: (rest?: object) => Promise<Answer>
  nodes: () => Promise<Node[]>
  /** The tree as text: `a(b c) d`. */
  shape: () => Promise<string>
  node: (node_id: string) => Promise<Node>
  /** Names and the given fields of what a listener got since the last call. */
  heard: (listener: RawClient, ...fields: string[]) => Promise<unknown[][]>
  [Symbol.asyncDispose]: () => Promise<void>
}

function shapeOf(nodes: readonly Node[], parent_id: string | null = null): string {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const below = (node: Node): string => {
    const children = node.children.map((id) => below(byId.get(id) as Node)).join(' ')
    return children === '' ? node.id : `${node.id}(${children})`
  }
  const roots = nodes.filter((node) => node.parent_id === parent_id)
  return roots.map(below).join(' ')
}

async function graphOf(app: TestApp, session_id: string): Promise<Node[]> {
  const { body } = await app.api('GET', `/graph?session_id=${session_id}`)
  return body['nodes'] as Node[]
}

async function openSession(app: TestApp, template_id: string | null): Promise<TreeSession> {
  const { body } = await app.api('POST', '/sessions', { template_id })
  return joinTree(app, body['session_id'] as string)
}

let shared: Promise<TestApp> | undefined

/** For `afterAll` of each file that calls `treeSession`: modules outlive a file, its hooks do not. */
export async function closeSharedServer(): Promise<void> {
  const app = await shared
  shared = undefined
  await app?.[Symbol.asyncDispose]()
}

/**
 * Opens a session with a template, or without one, on a server that the tests of a file share.
 * Who restarts the server, or changes its templates, takes `lonelyTree`.
 */
export async function treeSession(template_id: string | null = null): Promise<TreeSession> {
  shared ??= testApp({ templatesDir: TEMPLATES })
  const tree = await openSession(await shared, template_id)
  const leave = async () => {
    for (const client of [tree.writer, tree.root, tree.graph]) client.socket.disconnect()
  }
  return { ...tree, [Symbol.asyncDispose]: leave }
}

/** Opens a session on a server of its own. */
export async function lonelyTree(
  template_id: string | null = null,
  templatesDir = TEMPLATES,
): Promise<TreeSession> {
  return openSession(await testApp({ templatesDir }), template_id)
}

/** Joins a session of a running server three times. */
export async function joinTree(app: TestApp, session_id: string): Promise<TreeSession> {
  const [writer, root] = [await app.client(), await app.client()]
  await writer.join(session_id)
  await root.join(session_id)
  const graph = await app.graphClient(session_id)
  for (const client of [root, graph]) {
    await client.settled()
    client.clear()
  }
  const execute = (command_type: string, data: object, rest?: object) =>
    writer.execute(session_id, command_type, data, rest)
  const revert =
    (event: string) =>
    (rest: object = {}) =>
      writer.ask(event, { session_id, ...rest })
  return {
    app,
    session_id,
    writer,
    root,
    graph,
    execute,
    async done(...commands) {
      for (const [command_type, data] of commands) {
        const ack = await execute(command_type, data)
        if (ack['ok'] !== true) throw new Error(`${command_type}: ${JSON.stringify(ack)}`)
      }
      for (const listener of [root, graph]) {
        await listener.settled()
        listener.clear()
      }
    },
    undo: revert('undo_command'),
    redo: revert('redo_command'),
    nodes: () => graphOf(app, session_id),
    shape: async () => shapeOf(await graphOf(app, session_id)),
    async node(node_id) {
      const answer = await app.api('GET', `/sessions/${session_id}/nodes/${node_id}`)
      return answer.body['node'] as Node
    },
    async heard(listener, ...fields) {
      await listener.settled()
      const heard = listener.received.map(({ event, payload }) => [
        event,
        ...fields.filter((field) => field in payload).map((field) => payload[field]),
      ])
      listener.clear()
      return heard
    },
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  }
}

/** A command that creates a node without a template: `a`, or `a` below `parent`. */
export function create(
  node_id: string,
  parent_id: string | null = null,
  rest: object = {},
): [command_type: string, data: object] {
  return ['CreateNode', { blueprint_type_id: 't', node_id, parent_id, ...rest }]
}
