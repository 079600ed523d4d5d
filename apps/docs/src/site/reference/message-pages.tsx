import type { Command, Event, Schema } from '../../contract.js'
import { actOfCommand, actOfRequest } from '../examples/examples.js'
import { Heading, render } from '../html.js'
import type { SitePage } from '../page.js'
import { NAMESPACES, placeOf, siteLink, type NamespaceName } from '../places.js'
import type { SiteContext } from '../site-context.js'
import { ShapeTables } from './field-table.js'
import { Examples, Facts, Json, Lead, Rules, type On } from './parts.js'

/** A part of a message: its fields and an example. */
export function Part(props: {
  on: On
  id: string
  title: string
  schema: Schema
  example: unknown
}) {
  const { on, id, title, schema, example } = props
  return (
    <>
      <Heading level={2} id={id} text={title} />
      <ShapeTables on={on} shapes={on.site.shapes.of(schema)} prefix={id} />
      {example !== undefined && <Json value={example} title="Example" />}
    </>
  )
}

/** Says that nothing is carried, where nothing is. */
function Payload({
  on,
  schema,
  example,
}: {
  on: On
  schema: Schema | undefined
  example: unknown
}) {
  if (schema !== undefined) {
    return <Part on={on} id="payload" title="Payload" schema={schema} example={example} />
  }
  return (
    <>
      <Heading level={2} id="payload" text="Payload" />
      <p>None.</p>
    </>
  )
}

const other = (namespace: NamespaceName): NamespaceName => (namespace === '/' ? '/graph' : '/')

/** Where the same event is told on the other namespace, if it is. */
function counterpartOf({ contract }: SiteContext, namespace: NamespaceName, name: string) {
  const events = contract.namespaces[other(namespace)]?.server_to_client ?? {}
  const graphName = `graph:${name}`
  const rootName = name.replace(/^graph:/, '')
  const found = [name, graphName, rootName].find((one) => events[one] !== undefined)
  return found === undefined ? [] : [{ name: found, namespace: other(namespace) }]
}

function eventPage(site: SiteContext, namespace: NamespaceName, event: Event): SitePage {
  const { name, description, payload, example } = event
  const path = placeOf.event(namespace, name)
  const on = { site, path }
  const counterpart = counterpartOf(site, namespace, name).map((one) => ({
    name: `On ${one.namespace}`,
    value: (
      <a href={siteLink(placeOf.event(one.namespace, one.name))}>
        <code>{one.name}</code>
      </a>
    ),
  }))
  const facts = [
    { name: 'Namespace', value: <code>{namespace}</code> },
    { name: 'Sent by', value: 'the server' },
    ...counterpart,
  ]
  const body = render(
    <>
      <Lead on={on} text={description} />
      <Facts facts={facts} />
      <Payload on={on} schema={payload} example={example} />
      <Rules on={on} names={[name]} />
    </>,
  )
  return { path, title: name, description, kind: `Event of ${namespace}`, body }
}

/** One page for each event of the server, of both namespaces. */
export function eventPages(site: SiteContext, namespace: NamespaceName): SitePage[] {
  const events = site.contract.namespaces[namespace]?.server_to_client ?? {}
  return Object.values(events).map((event) => eventPage(site, namespace, event))
}

function requestPage(site: SiteContext, event: Event): SitePage {
  const { name, description, requires, payload, example, ack, example_ack } = event
  const path = placeOf.request(name)
  const on = { site, path }
  const taken = NAMESPACES.filter(
    (namespace) => site.contract.namespaces[namespace]?.client_to_server[name] !== undefined,
  )
  const facts = [
    { name: 'Namespaces', value: <code>{taken.join(' ')}</code> },
    { name: 'Sent by', value: 'clients' },
    { name: 'Needs', value: <a href={siteLink(placeOf.access)}>{requires ?? 'anyone'}</a> },
  ]
  const body = render(
    <>
      <Lead on={on} text={description} />
      <Facts facts={facts} />
      <Payload on={on} schema={payload} example={example} />
      {ack !== undefined && (
        <Part on={on} id="ack" title="Acknowledgement" schema={ack} example={example_ack} />
      )}
      <Examples on={on} act={actOfRequest(event)} />
      <Rules on={on} names={[name]} />
    </>,
  )
  return { path, title: name, description, kind: 'Request', body }
}

/** One page for each event that clients send. */
export function requestPages(site: SiteContext): SitePage[] {
  const events = site.contract.namespaces['/']?.client_to_server ?? {}
  return Object.values(events).map((event) => requestPage(site, event))
}

function commandPage(site: SiteContext, command: Command): SitePage {
  const { type, alias, description, requires, data, result, example, example_result } = command
  const path = placeOf.command(type)
  const on = { site, path }
  const facts = [
    { name: 'Needs', value: <a href={siteLink(placeOf.access)}>{requires}</a> },
    {
      name: 'Sent in',
      value: <a href={siteLink(placeOf.request('execute_command'))}>execute_command</a>,
    },
    { name: 'Also called', value: <code>{alias}</code> },
  ]
  const body = render(
    <>
      <Lead on={on} text={description} />
      <Facts facts={facts} />
      <Part on={on} id="data" title="Data" schema={data} example={example} />
      <Part on={on} id="result" title="Result" schema={result} example={example_result} />
      <Examples on={on} act={actOfCommand(command, site.contract)} />
      <Rules on={on} names={[type]} />
    </>,
  )
  return { path, title: type, description, kind: 'Command', body }
}

export function commandPages(site: SiteContext): SitePage[] {
  return Object.values(site.contract.commands).map((command) => commandPage(site, command))
}
