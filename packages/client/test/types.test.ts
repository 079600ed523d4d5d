import type { AckSuccess, Entry, GraphState, RootPayload } from '@talus/protocol'
import { expectTypeOf, test } from 'vitest'
import { connect, type Client, type Session, type TalusError } from '../src/index.js'

// The compiler is the test: `@ts-expect-error` fails the type check where no error is.

test('the result of a command follows from its type', () => {
  const use = async (session: Session) => {
    const created = await session.execute('CreateNode', { blueprint_type_id: 'task' })
    expectTypeOf(created.result).toEqualTypeOf<{ node_id: string }>()
    expectTypeOf(created.seq).toEqualTypeOf<number | null>()
    const deleted = await session.execute('DeleteNode', { node_id: 'n' })
    expectTypeOf(deleted.result.deleted_ids).toEqualTypeOf<string[]>()
    const moved = await session.execute('MoveNode', { node_id: 'n', parent_id: null })
    expectTypeOf(moved.result).toEqualTypeOf<null>()
    const preview = await session.preview('DeleteNode', { node_id: 'n' })
    expectTypeOf(preview.result.deleted_ids).toEqualTypeOf<string[]>()
    expectTypeOf(await session.undo()).toEqualTypeOf<AckSuccess>()
  }
  expectTypeOf(use).toBeFunction()
})

test('the results of a batch follow from its commands, one by one', () => {
  const use = async (session: Session) => {
    const { result } = await session.batch([
      { command_type: 'CreateNode', data: { blueprint_type_id: 'task', properties: { a: [1] } } },
      { command_type: 'UnlinkNode', data: { parent_id: 'p', child_id: 'c' } },
    ])
    expectTypeOf(result.results).toEqualTypeOf<[{ node_id: string }, null]>()
  }
  expectTypeOf(use).toBeFunction()
})

test('events follow from the contract', () => {
  const use = (session: Session, client: Client) => {
    session.on('session:connected', (event) => {
      expectTypeOf(event).toEqualTypeOf<RootPayload<'session:connected'>>()
    })
    session.on('entry', (entry) => expectTypeOf(entry).toEqualTypeOf<Entry>())
    session.on('ended', (error) => expectTypeOf(error).toEqualTypeOf<TalusError>())
    client.on('reconnect', (attempts) => expectTypeOf(attempts).toBeNumber())
    expectTypeOf(session.on('others', () => {})).toEqualTypeOf<() => void>()
    const graph = client.rest.getGraph({ session_id: 's' })
    expectTypeOf(graph).resolves.toEqualTypeOf<GraphState>()
  }
  expectTypeOf(use).toBeFunction()
})

test('wrong use does not compile', () => {
  const use = (session: Session, client: Client) => {
    // @ts-expect-error a command that does not exist
    void session.execute('RenameNode', { node_id: 'n' })
    // @ts-expect-error a missing field
    void session.execute('MoveNode', { node_id: 'n' })
    // @ts-expect-error a field in another spelling
    void session.execute('DeleteNode', { nodeId: 'n' })
    const task = { node_id: 'n', property_id: 'p' }
    // @ts-expect-error a value that JSON cannot carry
    void session.execute('UpdateProperty', { ...task, new_value: new Date() })
    // @ts-expect-error a batch within a batch
    void session.batch([{ command_type: 'Batch', data: { commands: [] } }])
    // @ts-expect-error data of another command
    void session.batch([{ command_type: 'DeleteNode', data: { blueprint_type_id: 'task' } }])
    // @ts-expect-error an event of the other namespace
    session.on('graph:node-created', () => {})
    // @ts-expect-error an event that answers one client only
    session.on('joined', () => {})
    // @ts-expect-error an event of sessions
    client.on('node-created', () => {})
    // @ts-expect-error an unknown option
    connect('http://localhost:5000', { ackTimeout: 5 })
    // @ts-expect-error an undo has no label of its own
    void session.undo({ label: 'Undo' })
    // @ts-expect-error an unknown scope
    void session.undo({ scope: 'everybody' })
  }
  expectTypeOf(use).toBeFunction()
})
