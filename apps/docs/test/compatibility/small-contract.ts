import type { Contract, Event, Route, Schema } from '../../src/contract.js'

export const text: Schema = { type: 'string' }

export function object(properties: Record<string, Schema>, required: string[] = []): Schema {
  return { type: 'object', properties, required, additionalProperties: false }
}

function event(name: string, rest: Partial<Event>): Event {
  return { name, description: `What ${name} means.`, example: {}, ...rest }
}

function route(path: string, rest: Partial<Route> = {}): Route {
  return {
    method: 'GET',
    path,
    summary: 'Reads.',
    requires: 'viewer',
    scope: 'session',
    params: object({ id: text }, ['id']),
    query: object({ limit: { type: 'integer', maximum: 100 } }),
    status: 200,
    response: object({ seq: { type: 'integer' } }, ['seq']),
    etag: true,
    errors: ['GONE'],
    example: { response: { seq: 1 } },
    ...rest,
  }
}

/** A contract with one of everything. */
export function smallContract(): Contract {
  return {
    protocol_version: '1.3',
    min_protocol_version: '1.0',
    errors: {
      WRONG: { status: 400, retryable: false, description: 'It is wrong.' },
      GONE: { status: 410, retryable: false, description: 'It is gone.' },
    },
    commands: {
      Rename: {
        type: 'Rename',
        alias: 'RenameCommand',
        description: 'Renames.',
        requires: 'editor',
        data: object({ id: text, name: text }, ['id']),
        result: { type: 'null' },
        example: { id: 'a' },
        example_result: null,
      },
    },
    namespaces: {
      '/': {
        handshake: {
          auth: object({ token: text }),
          refusal: object({ code: { type: 'string', enum: ['WRONG', 'GONE'] } }, ['code']),
          example: {},
          example_refusal: { code: 'WRONG' },
        },
        client_to_server: {
          rename: event('rename', {
            requires: 'editor',
            payload: object({ name: text }, ['name']),
            ack: object({ ok: { const: true } }, ['ok']),
          }),
          ping: event('ping', {}),
        },
        server_to_client: {
          renamed: event('renamed', {
            payload: object({ event: { type: 'string', const: 'renamed' }, name: text }, ['event']),
          }),
        },
      },
    },
    rest: {
      prefix: '/api/v1',
      any_route_errors: ['WRONG'],
      routes: { GetThing: route('/things/{id}'), GetOther: route('/others/{id}') },
    },
  }
}
