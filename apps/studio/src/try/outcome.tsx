import { ClipboardCopy } from 'lucide-react'
import { useState } from 'react'
import { Button } from '../parts/button.js'
import { notify } from '../parts/notices.js'
import { Tabs } from '../parts/tabs.js'
import { CHANNEL_NAMES, fieldsOf } from './contract.js'
import type { Copy } from './copies.js'
import type { RecentRequest } from './recent-requests.js'
import { isOurs, type Heard, type Reply } from './wires.js'

const sizeOf = (bytes: number) =>
  bytes < 1_000 ? `${bytes} B` : `${(bytes / 1_000).toFixed(1)} kB`

const millis = (ms: number) => (ms < 10 ? ms.toFixed(1) : Math.round(ms).toLocaleString('en'))

/** Longer responses are shortened: a graph of a megabyte would block the page for seconds. */
const MOST_TEXT = 40_000

function Json({ value }: { value: unknown }) {
  const text = value === undefined ? 'nothing' : JSON.stringify(value, null, 2)
  return (
    <pre className="payload" tabIndex={0}>
      {text.length > MOST_TEXT
        ? `${text.slice(0, MOST_TEXT)}\n… ${sizeOf(text.length - MOST_TEXT)} more`
        : text}
    </pre>
  )
}

/** The changes of a preview, one line each. */
function changesIn(body: unknown): string[] {
  const { changes } = fieldsOf(body)
  return (Array.isArray(changes) ? changes : []).map((change) => {
    const { type, node_id, node, property_id } = fieldsOf(change)
    const { id, name } = fieldsOf(node)
    const parts = [type, node_id ?? name ?? id, property_id]
    return parts.filter((part) => typeof part === 'string').join(' ')
  })
}

type ReplyProps = {
  sent: { reply: Reply; isPreview: boolean } | undefined
  toSender: readonly Heard[]
}

/** What came back to who sent it. */
export function ReplyCard({ sent, toSender }: ReplyProps) {
  if (!sent) {
    return (
      <section className="card" aria-labelledby="reply-title">
        <h2 id="reply-title">Answer</h2>
        <p className="quiet">What comes back is shown here.</p>
      </section>
    )
  }
  const { reply, isPreview } = sent
  const changes = isPreview ? changesIn(reply.body) : []
  return (
    <section className="card" aria-labelledby="reply-title">
      <h2 id="reply-title">{isPreview ? 'Preview: nothing was changed' : 'Answer'}</h2>
      <p className="figures" role="status">
        <span className={reply.isOk ? 'pill good-text' : 'pill problem-text'}>
          {reply.standing}
        </span>
        <span>{millis(reply.ms)} ms</span>
        <span>{sizeOf(reply.bytes)}</span>
      </p>
      {changes.length > 0 && (
        <ul className="would-change">
          {changes.slice(0, 20).map((line, index) => (
            <li key={`${index} ${line}`}>{line}</li>
          ))}
        </ul>
      )}
      <Json value={reply.body} />
      {toSender.length > 0 && (
        <>
          <h3>Events to you alone</h3>
          <EventList events={toSender} />
        </>
      )}
    </section>
  )
}

function EventList({ events, since }: { events: readonly Heard[]; since?: number | undefined }) {
  const [open, setOpen] = useState<number>()
  return (
    <ol className="heard">
      {events.map(({ key, namespace, name, payload, at }) => (
        <li key={key}>
          <button
            type="button"
            aria-expanded={open === key}
            onClick={() => setOpen(open === key ? undefined : key)}
          >
            <code>{namespace}</code>
            <b>{name}</b>
            <span className="figure">{sizeOf(JSON.stringify(payload ?? null).length)}</span>
            {since !== undefined && <span className="figure">+{millis(at - since)} ms</span>}
          </button>
          {open === key && <Json value={payload} />}
        </li>
      ))}
    </ol>
  )
}

type EverybodyProps = {
  events: readonly Heard[]
  since: number | undefined
  command_id: string | undefined
}

/** What everybody in the session was told, in order. */
export function Everybody({ events, since, command_id }: EverybodyProps) {
  const ours = events.filter((one) => isOurs(one, command_id))
  return (
    <section className="card" aria-labelledby="everybody-title">
      <h2 id="everybody-title">What everybody saw</h2>
      {events.length === 0 ? (
        <p className="quiet">
          {since === undefined
            ? 'Events that the session gets after a request are listed here, of both namespaces.'
            : 'Nothing.'}
        </p>
      ) : (
        <>
          {command_id !== undefined && (
            <p className="quiet">
              {ours.length} of command <code>{command_id}</code>
            </p>
          )}
          <EventList events={events} since={since} />
        </>
      )}
    </section>
  )
}

async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    notify({ title: 'Copied' })
  } catch {
    notify({ title: 'The browser does not let this page copy', text: 'Mark the text instead.' })
  }
}

/** The request as programs that send it. */
export function Copies({ copies, hasSecrets }: { copies: readonly Copy[]; hasSecrets: boolean }) {
  const [chosen, setChosen] = useState('curl')
  const [first] = copies
  const shown = copies.find(({ name }) => name === chosen) ?? first
  if (!shown) return null
  return (
    <section className="card" aria-labelledby="copies-title">
      <div className="card-head">
        <h2 id="copies-title">As a program</h2>
        <Button onClick={() => void copy(shown.code)}>
          <ClipboardCopy aria-hidden="true" /> Copy
        </Button>
      </div>
      <Tabs
        label="Language"
        chosen={shown.name}
        onChoose={setChosen}
        tabs={copies.map(({ name, code }) => ({
          id: name,
          name,
          content: (
            <pre className="payload program" tabIndex={0}>
              {code}
            </pre>
          ),
        }))}
      />
      {hasSecrets && (
        <p className="quiet">
          Tokens stay out of it: set <code>TALUS_TOKEN</code> or <code>TALUS_SHARE_TOKEN</code>.
        </p>
      )}
    </section>
  )
}

const CLOCK = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' })

type RecentProps = {
  requests: readonly RecentRequest[]
  onChoose: (request: RecentRequest) => void
}

/** What was sent from this browser before. */
export function RecentList({ requests, onChoose }: RecentProps) {
  if (requests.length === 0) return null
  return (
    <section className="card" aria-labelledby="recent-title">
      <h2 id="recent-title">Sent before</h2>
      <ul className="recent-requests">
        {requests.map((request) => (
          <li key={`${request.at} ${request.name}`}>
            <button type="button" onClick={() => onChoose(request)}>
              <b>{request.name}</b> <small>{CHANNEL_NAMES[request.channel]}</small>
              <small className="figure">{CLOCK.format(request.at)}</small>
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}
