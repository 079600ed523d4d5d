import type { Static, TSchema } from 'typebox'
import type { RouteDefinition } from './define.js'
import type { ROUTES } from './routes/index.js'

export type RouteName = keyof typeof ROUTES

type Parts<Name extends RouteName> =
  (typeof ROUTES)[Name] extends RouteDefinition<
    infer Method,
    infer Path,
    infer Params,
    infer Query,
    infer Body,
    infer Response
  >
    ? {
        method: Method
        path: Path
        params: Params
        query: Query
        body: Body
        response: Response
      }
    : never

/** What is sent; `absent` where the route declares none. */
type Sent<Schema, absent> = Schema extends TSchema ? Static<Schema> : absent

/** Body of a success of a route, by the route's name. */
export type RouteResponse<Name extends RouteName> = Sent<Parts<Name>['response'], never>

/** Path parameters and query of a route in one object. */
export type RouteAddress<Name extends RouteName> = Sent<Parts<Name>['params'], unknown> &
  Sent<Parts<Name>['query'], unknown>

/** Body that a route takes; undefined when it takes none. */
export type RouteBody<Name extends RouteName> = Sent<Parts<Name>['body'], undefined>

/** Method and path of a route as one string, with a `?` when it has a query beside a body. */
export type RouteLine<Name extends RouteName> =
  `${Parts<Name>['method']} ${Parts<Name>['path']}${Parts<Name> extends { query: TSchema; body: TSchema } ? '?' : ''}`
