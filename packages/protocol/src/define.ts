import type { Static, TObject, TSchema } from 'typebox'
import type { ErrorCode } from './errors.js'

/** Least role that may do something; each role includes the ones before it. */
export type Role = 'viewer' | 'commenter' | 'editor' | 'owner'

export type Namespace = '/' | '/graph'

/**
 * What the least role is about: nothing (anybody may ask), an identity alone, a role in the session
 * that the request names, or one in the session of its project.
 */
export type Scope = 'open' | 'user' | 'session' | 'project'

export type CommandDefinition<Type extends string, Data extends TSchema, Answer extends TSchema> = {
  type: Type
  /** The class name that the reference implementation uses for the same command. */
  alias: `${Type}Command`
  description: string
  requires: Role
  data: Data
  result: Answer
  /** Of `data`. */
  example: Static<Data>
  example_result: Static<Answer>
}

export function defineCommand<
  const Type extends string,
  const Data extends TSchema,
  const Answer extends TSchema,
>(
  definition: Omit<CommandDefinition<Type, Data, Answer>, 'alias'>,
): CommandDefinition<Type, Data, Answer> {
  return { ...definition, alias: `${definition.type}Command` }
}

export type ServerEventDefinition<Name extends string, Payload extends TSchema> = {
  name: Name
  description: string
  payload: Payload
  example: Static<Payload>
}

/** Declares an event that the server sends. Receivers must accept fields they do not know. */
export function defineServerEvent<const Name extends string, const Payload extends TSchema>(
  definition: ServerEventDefinition<Name, Payload>,
): ServerEventDefinition<Name, Payload> {
  return definition
}

export type ClientEventDefinition<
  Name extends string,
  Payload extends TSchema,
  Answer extends TSchema,
> = {
  name: Name
  description: string
  requires: Role
  /** `open`: whoever is connected may ask; `user`: whoever has proven to be somebody. */
  scope: Extract<Scope, 'open' | 'user' | 'session'>
  payload: Payload
  /** What the optional acknowledgement callback receives. */
  ack: Answer
  /** Of `payload`. */
  example: Static<Payload>
  example_ack: Static<Answer>
}

/** Declares an event that a client sends. Fields that are not declared are refused. */
export function defineClientEvent<
  const Name extends string,
  const Payload extends TSchema,
  const Answer extends TSchema,
>(
  definition: ClientEventDefinition<Name, Payload, Answer>,
): ClientEventDefinition<Name, Payload, Answer> {
  return definition
}

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

/** What a part of a route may look like; nothing where it declares none. */
type ExampleOf<Schema> = Schema extends TSchema ? Static<Schema> : undefined

/** One request to a route that succeeds, and its answer. */
export type RouteExample<Params, Query, Body, Answer> = {
  params?: ExampleOf<Params>
  query?: ExampleOf<Query>
  body?: ExampleOf<Body>
  response: ExampleOf<Answer>
}

export type RouteDefinition<
  M extends Method,
  Path extends string,
  Params extends TObject | undefined,
  Query extends TObject | undefined,
  Body extends TSchema | undefined,
  Answer extends TSchema,
> = {
  method: M
  /** Path below the prefix `/api/v1`, parameters as `{name}`. */
  path: Path
  summary: string
  requires: Role
  scope: Scope
  params?: Params
  query?: Query
  body?: Body
  /** Status of a success. */
  status: number
  response: Answer
  /** Answers with an `ETag`, and to a matching `If-None-Match` with 304 (rule READ2). */
  etag?: true
  /** Codes that this route answers with, beside `ANY_ROUTE_ERRORS`. */
  errors: ErrorCode[]
  example: RouteExample<Params, Query, Body, Answer>
}

export function defineRoute<
  const M extends Method,
  const Path extends string,
  const Answer extends TSchema,
  const Params extends TObject | undefined = undefined,
  const Query extends TObject | undefined = undefined,
  const Body extends TSchema | undefined = undefined,
>(
  definition: RouteDefinition<M, Path, Params, Query, Body, Answer>,
): RouteDefinition<M, Path, Params, Query, Body, Answer> {
  return definition
}

type Named<Name extends string = string> = { name: Name }

/** A list of definitions as a record by name. */
export type ByName<Definitions extends readonly Named[]> = {
  [D in Definitions[number] as D['name']]: D
}

export function byName<const Definitions extends readonly Named[]>(
  definitions: Definitions,
): ByName<Definitions> {
  return Object.fromEntries(definitions.map((d) => [d.name, d])) as ByName<Definitions>
}

type ServerEvents = Record<string, ServerEventDefinition<string, TSchema>>
type ClientEvents = Record<string, ClientEventDefinition<string, TSchema, TSchema>>

/** The arguments of a message: its payload, or none. */
type Carried<Payload> = [Payload] extends [undefined] ? [] : [payload: Payload]

/** The Socket.IO event map of what the server sends. */
export type ServerEventMap<Events extends ServerEvents> = {
  [Name in keyof Events]: (...args: Carried<Static<Events[Name]['payload']>>) => void
}

/** An acknowledgement callback, for events that are answered at all. */
type Answered<Answer> = [Answer] extends [undefined] ? [] : [ack?: (answer: Answer) => void]

/** The Socket.IO event map of what a client sends, acknowledgement callbacks included. */
export type ClientEventMap<Events extends ClientEvents> = {
  [Name in keyof Events]: (
    ...args: [...Carried<Static<Events[Name]['payload']>>, ...Answered<Static<Events[Name]['ack']>>]
  ) => void
}
