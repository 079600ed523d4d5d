import type { Route } from '../../contract.js'
import { actOfRoute } from '../examples/examples.js'
import { pathOf } from '../examples/example.js'
import { Heading, render } from '../html.js'
import type { SitePage } from '../page.js'
import { placeOf, routeName, siteLink } from '../places.js'
import type { SiteContext } from '../site-context.js'
import { Part } from './message-pages.js'
import { ErrorTable, Examples, Facts, Lead, Line, Rules } from './parts.js'

const SCOPES: Record<string, string> = {
  open: 'anyone',
  user: 'a token',
}

function factsOf({ method, path, status, scope, requires, etag }: Route, prefix: string) {
  const needs = SCOPES[scope] ?? requires
  return [
    { name: 'Route', value: <code>{`${method} ${prefix}${path}`}</code> },
    { name: 'Answers with', value: status },
    { name: 'Needs', value: <a href={siteLink(placeOf.access)}>{needs}</a> },
    ...(etag ? [{ name: 'ETag', value: <a href={siteLink(placeOf.rule('READ2'))}>READ2</a> }] : []),
  ]
}

const HEADERS =
  'Without authentication, `X-Actor-ID` and `X-Actor-Name` say who calls (ACT1); with it, `Authorization: Bearer` carries the token and `X-Share-Token` that of a share link (AUTH2, AUTH5).'
const SESSION_HEADER = 'The session may also stand in the header `X-Session-ID`.'

function routePage(site: SiteContext, key: string, route: Route): SitePage {
  const { contract } = site
  const { prefix, any_route_errors } = contract.rest
  const path = placeOf.route(key)
  const on = { site, path }
  const { params, query, body, response, example, errors, scope, summary } = route
  const isSessionElsewhere = scope === 'session' && !route.path.includes('{session_id}')
  const content = render(
    <>
      <Lead on={on} text={summary} />
      <Facts facts={factsOf(route, prefix)} />
      {params && <Part on={on} id="path" title="Path" schema={params} example={undefined} />}
      {query && <Part on={on} id="query" title="Query" schema={query} example={undefined} />}
      {(params ?? query) && (
        <p className="url">
          <code>{prefix + pathOf(route)}</code>
        </p>
      )}
      {body && <Part on={on} id="body" title="Body" schema={body} example={example.body} />}
      {scope !== 'open' && (
        <>
          <Heading level={2} id="headers" text="Headers" />
          <Line
            on={on}
            text={isSessionElsewhere ? `${SESSION_HEADER} ${HEADERS}` : HEADERS}
            as="p"
          />
        </>
      )}
      <Part on={on} id="response" title="Response" schema={response} example={example.response} />
      <Heading level={2} id="errors" text="Errors" />
      <ErrorTable on={on} codes={[...errors, ...any_route_errors]} />
      <Examples on={on} act={actOfRoute(key, contract)} />
      <Rules on={on} names={[routeName(route), `GET ${prefix}${route.path}`]} />
    </>,
  )
  return {
    path,
    title: routeName(route),
    description: summary,
    kind: 'REST route',
    body: content,
  }
}

/** One page for each route. */
export function routePages(site: SiteContext): SitePage[] {
  return Object.entries(site.contract.rest.routes).map(([key, route]) =>
    routePage(site, key, route),
  )
}
