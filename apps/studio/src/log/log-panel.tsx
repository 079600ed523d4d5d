import { useVirtualizer } from '@tanstack/react-virtual'
import { Trash2 } from 'lucide-react'
import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import { IconButton } from '../parts/button.js'
import { Filters } from './filters.js'
import { KINDS, type Kind, type Log, type LogLine } from './log.js'

const NAMES = {
  changes: 'Changes',
  people: 'People',
  connection: 'Connection',
  problems: 'Problems',
}

const ROW = 26

const CLOCK = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
})

/** A time of day; milliseconds since 1970. */
export const clock = (at: number) => CLOCK.format(at)

export function sizeOf(bytes: number): string {
  return bytes < 1_000 ? `${bytes} B` : `${(bytes / 1_000).toFixed(1)} kB`
}

function bytesOf(payload: unknown): string {
  return sizeOf(new TextEncoder().encode(JSON.stringify(payload) ?? '').length)
}

/** The events that the client receives, newest last. */
export function LogPanel({ log }: { log: Log }) {
  const lines = useSyncExternalStore(log.subscribe, () => log.lines)
  const [kinds, setKinds] = useState<ReadonlySet<Kind>>(new Set(KINDS))
  const [text, setText] = useState('')
  const [open, setOpen] = useState<number>()
  const shown = useMemo(() => {
    const sought = text.trim().toLowerCase()
    return lines.filter(
      (line) =>
        kinds.has(line.kind) &&
        (sought === '' ||
          `${line.who ?? ''} ${line.text} ${line.seq ?? ''}`.toLowerCase().includes(sought)),
    )
  }, [lines, kinds, text])
  const frame = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW,
    getItemKey: (index) => shown[index]?.key ?? index,
    overscan: 8,
  })

  // It follows what is new as long as nobody has scrolled up.
  const isAtEnd = useRef(true)
  useEffect(() => {
    if (isAtEnd.current && shown.length > 0) virtual.scrollToIndex(shown.length - 1)
  }, [shown, virtual])

  return (
    <section className="log" aria-labelledby="log-title">
      <div className="log-head">
        <h2 id="log-title">Activity</h2>
        <Filters
          label="Kinds of events"
          all={KINDS}
          chosen={kinds}
          onChange={setKinds}
          names={NAMES}
        />
        <input
          type="search"
          aria-label="Search the activity"
          placeholder="Search"
          value={text}
          onChange={({ target }) => setText(target.value)}
        />
        <IconButton label="Clear the activity" onClick={() => log.clear()}>
          <Trash2 />
        </IconButton>
      </div>
      <div
        ref={frame}
        className="log-lines"
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-labelledby="log-title"
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          isAtEnd.current = scrollHeight - scrollTop - clientHeight < 2 * ROW
        }}
      >
        {shown.length === 0 && (
          <p className="quiet nothing">
            {lines.length === 0
              ? 'What happens from now on is listed here.'
              : 'Nothing fits the filter.'}
          </p>
        )}
        <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {virtual.getVirtualItems().map(({ index, start, key }) => {
            const line = shown[index]
            return (
              line && (
                <div
                  key={key}
                  ref={virtual.measureElement}
                  data-index={index}
                  className="log-place"
                  style={{ transform: `translateY(${start}px)` }}
                >
                  <Line
                    line={line}
                    isOpen={open === line.key}
                    onToggle={() => setOpen(open === line.key ? undefined : line.key)}
                  />
                </div>
              )
            )
          })}
        </div>
      </div>
    </section>
  )
}

function Line({
  line,
  isOpen,
  onToggle,
}: {
  line: LogLine
  isOpen: boolean
  onToggle: () => void
}) {
  const { kind, at, who, text, seq, delay, payload } = line
  const bytes = useMemo(() => bytesOf(payload), [payload])
  return (
    <>
      <button
        type="button"
        className={`log-line ${kind}`}
        aria-expanded={isOpen}
        onClick={onToggle}
      >
        <time dateTime={new Date(at).toISOString()}>{clock(at)}</time>
        <span className="log-seq">{seq === undefined ? '' : `#${seq}`}</span>
        <span className="log-text">
          {who !== undefined && <b>{who}</b>} {text}
        </span>
        <span className="log-figure bytes">{bytes}</span>
        <span
          className="log-figure delay"
          title="From the server's timestamp to here, by the clocks of both"
        >
          {delay === undefined ? '' : `${delay} ms`}
        </span>
      </button>
      {isOpen && <pre className="payload">{JSON.stringify(payload, null, 2)}</pre>}
    </>
  )
}
