import { raw } from '@talus/client/raw'
import { useSession } from '@talus/client/react'
import { useVirtualizer } from '@tanstack/react-virtual'
import { Trash2 } from 'lucide-react'
import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import { identityOf, SERVER, usePerson } from '../account/account.js'
import { Button, IconButton } from '../parts/button.js'
import { messageOf } from '../parts/loaded.js'
import { useDesk } from '../session/desk.js'
import { Filters } from './filters.js'
import { Life } from './life.js'
import { clock, sizeOf } from './log-panel.js'
import { GROUPS, Wire, type Group, type WireEvent } from './wire.js'

const ROW = 28

const NAMESPACES = ['/', '/graph'] as const
type Namespace = (typeof NAMESPACES)[number]

const NAMES: Record<Group, string> = {
  commands: 'Commands',
  nodes: 'Nodes',
  people: 'People',
  other: 'Other',
}

/** Events of both namespaces, recorded from the first visit of this page until the session is left. */
function useWire(): Wire {
  const { id } = useSession()
  const { share, wire } = useDesk()
  const person = usePerson()
  const [own] = useState(() => wire.current ?? new Wire(raw(SERVER, identityOf(person, share)), id))
  useEffect(() => {
    if (wire.current) return
    wire.current = own
    void own.start()
  }, [own, wire])
  return own
}

/** Everything that the server sends of the session, on both of its namespaces. */
export function LogPage() {
  const wire = useWire()
  const events = useSyncExternalStore(wire.subscribe, () => wire.events)
  const [namespaces, setNamespaces] = useState<ReadonlySet<Namespace>>(new Set(NAMESPACES))
  const [groups, setGroups] = useState<ReadonlySet<Group>>(new Set(GROUPS))
  const [text, setText] = useState('')
  const [chosen, setChosen] = useState<WireEvent>()
  const shown = useMemo(() => {
    const sought = text.trim().toLowerCase()
    return events.filter(
      ({ namespace, group, name, payload }) =>
        namespaces.has(namespace) &&
        groups.has(group) &&
        (sought === '' || `${name} ${JSON.stringify(payload)}`.toLowerCase().includes(sought)),
    )
  }, [events, namespaces, groups, text])
  return (
    <main className="events" aria-label="Events">
      <section className="log" aria-labelledby="events-title">
        <div className="log-head">
          <h2 id="events-title">Events</h2>
          <Filters
            label="Namespaces"
            all={NAMESPACES}
            chosen={namespaces}
            onChange={setNamespaces}
          />
          <Filters
            label="Kinds of events"
            all={GROUPS}
            chosen={groups}
            onChange={setGroups}
            names={NAMES}
          />
          <input
            type="search"
            aria-label="Search names and payloads"
            placeholder="Search"
            value={text}
            onChange={({ target }) => setText(target.value)}
          />
          <IconButton label="Clear the events" onClick={() => wire.clear()}>
            <Trash2 />
          </IconButton>
        </div>
        {wire.problem !== undefined && (
          <div role="alert" className="events-problem">
            <span className="problem-text">{messageOf(wire.problem)}</span>
            <Button className="tool" onClick={() => void wire.start()}>
              Connect again
            </Button>
          </div>
        )}
        <Lines
          events={shown}
          chosen={chosen?.key}
          isEmpty={events.length === 0}
          onChoose={setChosen}
        />
      </section>
      {chosen && (
        <aside className="event-details" aria-label="The chosen event">
          {chosen.command_id !== undefined && (
            <Life command_id={chosen.command_id} events={events} />
          )}
          <h3>
            <code>{chosen.name}</code> on <code>{chosen.namespace}</code>
          </h3>
          <p className="quiet">
            {sizeOf(chosen.bytes)}
            {chosen.delay !== undefined && `, ${chosen.delay} ms after the server’s timestamp`}
          </p>
          <pre className="payload" tabIndex={0}>
            {JSON.stringify(chosen.payload, null, 2)}
          </pre>
        </aside>
      )}
    </main>
  )
}

type LinesProps = {
  events: readonly WireEvent[]
  chosen: number | undefined
  /** Nothing has come at all. */
  isEmpty: boolean
  onChoose: (event: WireEvent) => void
}

function Lines({ events, chosen, isEmpty, onChoose }: LinesProps) {
  const frame = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: events.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW,
    getItemKey: (index) => events[index]?.key ?? index,
    overscan: 10,
  })
  // It follows what is new as long as nobody has scrolled up.
  const isAtEnd = useRef(true)
  useEffect(() => {
    if (isAtEnd.current && events.length > 0) virtual.scrollToIndex(events.length - 1)
  }, [events, virtual])
  return (
    <div
      ref={frame}
      className="log-lines"
      tabIndex={0}
      role="log"
      aria-live="off"
      aria-labelledby="events-title"
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        isAtEnd.current = scrollHeight - scrollTop - clientHeight < 2 * ROW
      }}
    >
      {events.length === 0 && (
        <p className="quiet nothing">
          {isEmpty
            ? 'What the server sends from now on is listed here.'
            : 'Nothing fits the filters.'}
        </p>
      )}
      <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {virtual.getVirtualItems().map(({ index, start, key }) => {
          const event = events[index]
          return (
            event && (
              <button
                key={key}
                type="button"
                className={`event-line ${event.group}`}
                data-failed={event.name === 'command:failed' || undefined}
                aria-pressed={event.key === chosen}
                style={{ transform: `translateY(${start}px)` }}
                onClick={() => onChoose(event)}
              >
                <time dateTime={new Date(event.at).toISOString()}>{clock(event.at)}</time>
                <code className="event-where">{event.namespace}</code>
                <span className="event-name">{event.name}</span>
                <span className="event-short">{shortOf(event.payload)}</span>
                <span className="log-figure bytes">{sizeOf(event.bytes)}</span>
                <span className="log-figure delay">
                  {event.delay === undefined ? '' : `${event.delay} ms`}
                </span>
              </button>
            )
          )
        })}
      </div>
    </div>
  )
}

/** What tells events of one name apart at a glance. */
function shortOf(payload: unknown): string {
  const fields = Object(payload) as Record<string, unknown>
  return ['command_type', 'seq', 'node_id', 'property_id', 'client_id']
    .flatMap((key) => {
      const value = fields[key]
      return typeof value === 'string' || typeof value === 'number' ? [`${value}`] : []
    })
    .join(' · ')
}
