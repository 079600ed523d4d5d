import { Heading, Html, render } from '../html.js'
import { codeBlock } from '../markdown/code.js'
import type { SitePage } from '../page.js'
import { NAMESPACES, placeOf } from '../places.js'
import type { SiteContext } from '../site-context.js'
import type { Sources } from '../sources.js'
import { ShapeTables } from './field-table.js'
import { Json, Lead, Line } from './parts.js'
import { sectionsOf } from './rules.js'

/** Parts of the protocol that are pages of their own. */
const ELSEWHERE = ['Rules', 'History']

const withoutTitle = (text: string) => text.replace(/^# .*\n/, '')

function protocolPage({ markdown }: SiteContext, text: string): SitePage {
  const path = placeOf.protocol
  const kept = [...sectionsOf(withoutTitle(text))]
    .filter(([title]) => !ELSEWHERE.includes(title))
    .map(([title, part]) => (title === '' ? part : `## ${title}\n${part}`))
  return {
    path,
    title: 'The protocol',
    description: 'Namespaces, commands, acknowledgements, entries and streams.',
    body: markdown.page(kept.join(''), path),
  }
}

function rulesPage({ markdown }: SiteContext, text: string): SitePage {
  const path = placeOf.rules
  const rules = (sectionsOf(text).get('Rules') ?? '').replaceAll(/^### /gm, '## ')
  return {
    path,
    title: 'Rules',
    description: 'The numbered rules of the protocol. Tests refer to them by number.',
    body: markdown.page(rules, path),
  }
}

function historyPage({ markdown }: SiteContext, { protocolText, changeLogs }: Sources): SitePage {
  const path = placeOf.history
  const versions = sectionsOf(protocolText).get('History') ?? ''
  const logs = changeLogs.map(
    ({ name, text }) => `## ${name}\n${withoutTitle(text).replaceAll(/^## /gm, '### ')}`,
  )
  return {
    path,
    title: 'Version history',
    description: 'The changes in each version of the protocol and of the packages.',
    body: markdown.page(`## The protocol\n${versions}\n${logs.join('\n')}`, path),
  }
}

function accessPage({ markdown }: SiteContext, text: string): SitePage {
  const path = placeOf.access
  return {
    path,
    title: 'Access control',
    short: 'Access table',
    description: 'The permissions of every role, for every route, request and command.',
    body: markdown
      .page(withoutTitle(text), path)
      .replaceAll('<td>allowed</td>', '<td class="allowed">allowed</td>')
      .replaceAll(
        /<td>(<a [^>]*>(?:FORBIDDEN|UNAUTHORIZED)<\/a>)<\/td>/g,
        '<td class="denied">$1</td>',
      ),
  }
}

function flowsPage({ markdown }: SiteContext, text: string): SitePage {
  const path = placeOf.flows
  return {
    path,
    title: 'Flows',
    description: 'Sequence diagrams of common interactions: join, command, undo, resume.',
    body: markdown.page(text, path),
  }
}

const NAMES = { '/': 'the root namespace', '/graph': 'the namespace /graph' }

function connectPage(site: SiteContext): SitePage {
  const path = placeOf.connect
  const on = { site, path }
  const description =
    'The handshakes of both namespaces: the fields of `auth`, and rejected handshakes.'
  const body = render(
    <>
      <Lead on={on} text={description} />
      <Line on={on} text={CONNECT} as="p" />
      <Html html={codeBlock({ code: CONNECT_EXAMPLE, language: 'js' })} />
      {NAMESPACES.map((namespace) => {
        const handshake = site.contract.namespaces[namespace]?.handshake
        if (handshake === undefined) return null
        const id = namespace === '/' ? 'root' : 'graph'
        return (
          <section key={namespace}>
            <Heading level={2} id={id} text={`Connecting to ${NAMES[namespace]}`} />
            <ShapeTables on={on} shapes={site.shapes.of(handshake.auth)} prefix={`${id}-auth`} />
            <Json value={handshake.example} title="Example of auth" />
            <Heading level={3} id={`${id}-refusal`} text={`Rejected by ${NAMES[namespace]}`} />
            <ShapeTables
              on={on}
              shapes={site.shapes.of(handshake.refusal)}
              prefix={`${id}-refusal`}
            />
            <Json value={handshake.example_refusal} title="The argument of connect_error" />
          </section>
        )
      })}
    </>,
  )
  return { path, title: 'Connecting', description: description.replaceAll('`', ''), body }
}

const CONNECT =
  'Both namespaces accept the same requests and send the same commits; a client uses one of them. On `/` it connects and then sends `join_session`. On `/graph` the handshake names the session. The rules are JOIN1 to JOIN5, AUTH2 and VER1.'

/** Connects to both namespaces; a test runs it. */
export const CONNECT_EXAMPLE = `import { io } from 'socket.io-client'

const actor = { id: 'ann', name: 'Ann' }

// On / a client connects, and then joins.
const root = io('http://localhost:5000', { auth: { actor } })
console.log(await root.emitWithAck('join_session', { session_id: 'demo' }))

// On /graph the handshake is the join.
const graph = io('http://localhost:5000/graph', { auth: { actor, session_id: 'demo' } })
console.log(await new Promise((resolve) => graph.once('session:connected', resolve)))

root.close()
graph.close()
`

/** Pages made from texts of the protocol. */
export function textPages(site: SiteContext, sources: Sources): SitePage[] {
  return [
    protocolPage(site, sources.protocolText),
    connectPage(site),
    flowsPage(site, sources.flowsText),
    rulesPage(site, sources.protocolText),
    accessPage(site, sources.accessText),
    historyPage(site, sources),
  ]
}
