import type { ErrorInfo } from '../../contract.js'
import { Heading, render } from '../html.js'
import type { SitePage } from '../page.js'
import { placeOf, routeName, siteLink } from '../places.js'
import type { SiteContext } from '../site-context.js'
import { Facts, Json, Lead, Line, Links, Rules } from './parts.js'

const RETRY = {
  yes: 'The same request, with the same `command_id`, may succeed later.',
  no: 'The same request fails again: something has to change first.',
}

function errorPage(site: SiteContext, code: string, info: ErrorInfo): SitePage {
  const { status, retryable, description } = info
  const path = placeOf.error(code)
  const on = { site, path }
  const { routes, any_route_errors } = site.contract.rest
  const declaring = Object.entries(routes).filter(([, { errors }]) => errors.includes(code))
  const facts = [
    { name: 'HTTP status', value: status },
    { name: 'Retryable', value: retryable ? 'yes' : 'no' },
    { name: 'Shape', value: <a href={siteLink(placeOf.model('ErrorBody'))}>ErrorBody</a> },
  ]
  const error = { code, message: description, retryable }
  const body = render(
    <>
      <Lead on={on} text={description} />
      <Facts facts={facts} />
      <Line on={on} text={retryable ? RETRY.yes : RETRY.no} as="p" />
      <Heading level={2} id="how-it-looks" text="Examples" />
      <Json value={{ ok: false, error }} title="Acknowledgement" />
      <Json value={{ success: false, error }} title={`REST, with status ${status}`} />
      {any_route_errors.includes(code) && <p>Every route may return this error.</p>}
      {declaring.length > 0 && (
        <>
          <Heading level={2} id="routes" text="Routes that declare it" />
          <Links
            links={declaring.map(([key, route]) => ({
              title: routeName(route),
              path: placeOf.route(key),
            }))}
          />
        </>
      )}
      <Rules on={on} names={[code]} />
    </>,
  )
  return { path, title: code, description, kind: 'Error', body }
}

/** One page for each code of the table. */
export function errorPages(site: SiteContext): SitePage[] {
  return Object.entries(site.contract.errors).map(([code, info]) => errorPage(site, code, info))
}
