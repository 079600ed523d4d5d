import { useRole, useSession } from '@talus/client/react'
import type { HistoryEntry } from '@talus/protocol'
import { ChevronLeft, ChevronRight, RotateCcw } from 'lucide-react'
import { useCallback, useEffect, useState } from 'react'
import { useClient } from '../account/account.js'
import { wordsOfHistory } from '../log/words.js'
import { ago } from '../parts/ago.js'
import { Avatar, nameOf } from '../parts/avatar.js'
import { Button, IconButton } from '../parts/button.js'
import { Dialog } from '../parts/dialog.js'
import { isCode, messageOf, useLoaded } from '../parts/loaded.js'
import { notify } from '../parts/notices.js'
import { useDesk } from '../session/desk.js'
import { useActions } from '../work/actions.js'
import { includes } from '../work/schema.js'
import { useSettled } from '../work/use-settled.js'
import { ChangesList } from './changes-list.js'
import { PastGraph, PastNode } from './past-graph.js'
import { useHistory } from './use-history.js'

/** The last entry of the session, as it grows. */
function useSeq(): number {
  const session = useSession()
  const [seq, setSeq] = useState(session.seq)
  useEffect(() => session.on('entry', () => setSeq(session.seq)), [session])
  return seq
}

type Show = 'graph' | 'changes'

/** The history, the graph at an earlier time, the diff of two times, and restore. */
export function HistoryPage() {
  const last = useSeq()
  const [chosen, setChosen] = useState<number>()
  const at = Math.min(chosen ?? last, last)
  const [show, setShow] = useState<Show>('graph')
  const history = useHistory()
  const entry = history.entries.find(({ seq }) => seq === at)
  return (
    <main className="history" aria-label="History">
      <section className="history-list" aria-label="What was done">
        {history.error !== undefined && <Failure error={history.error} />}
        <ol>
          {history.entries.map((one) => (
            <li key={one.seq}>
              <EntryLine
                entry={one}
                isChosen={one.seq === at}
                onChoose={() => setChosen(one.seq)}
              />
            </li>
          ))}
        </ol>
        {history.hasMore && (
          <Button className="tool" onClick={() => void history.more()}>
            Show older ones
          </Button>
        )}
      </section>
      <section className="history-past" aria-label="The graph at that time">
        <div className="time-bar">
          <IconButton label="One step back" disabled={at === 0} onClick={() => setChosen(at - 1)}>
            <ChevronLeft />
          </IconButton>
          <input
            type="range"
            min={0}
            max={last}
            value={at}
            aria-label="Time"
            aria-valuetext={`Entry ${at} of ${last}`}
            onChange={({ target }) => setChosen(Number(target.value))}
          />
          <IconButton label="One step on" disabled={at === last} onClick={() => setChosen(at + 1)}>
            <ChevronRight />
          </IconButton>
          <output>
            #{at} <small>of {last.toLocaleString('en')}</small>
          </output>
          <div className="view-switch" role="group" aria-label="Show">
            {(['graph', 'changes'] as const).map((one) => (
              <button
                key={one}
                type="button"
                aria-pressed={one === show}
                onClick={() => setShow(one)}
              >
                {one === 'graph' ? 'Graph' : 'Changes'}
              </button>
            ))}
          </div>
          <Restore seq={at} isNow={at === last} />
        </div>
        {show === 'graph' ? <Past seq={at} entry={entry} /> : <Diff seq={at} last={last} />}
      </section>
    </main>
  )
}

function Failure({ error }: { error: unknown }) {
  const isOld = isCode(error, 'HISTORY_TRUNCATED')
  return (
    <p role="alert" className="problem-text nothing">
      {isOld ? 'The server does not keep what was before.' : messageOf(error)}
    </p>
  )
}

type LineProps = { entry: HistoryEntry; isChosen: boolean; onChoose: () => void }

function EntryLine({ entry, isChosen, onChoose }: LineProps) {
  const { graph } = useSession()
  const { seq, actor, timestamp, undone, label } = entry
  return (
    <button
      type="button"
      className="history-entry"
      aria-current={isChosen || undefined}
      data-undone={undone || undefined}
      onClick={onChoose}
    >
      <Avatar actor={actor} isSmall />
      <span className="history-words">
        <b>{nameOf(actor)}</b> {wordsOfHistory(graph, entry)}
        {undone && <small> (undone)</small>}
      </span>
      <small className="history-time" title={new Date(timestamp).toLocaleString()}>
        #{seq} · {ago(Date.parse(timestamp))}
        {label !== undefined && ` · ${label}`}
      </small>
    </button>
  )
}

function Past({ seq, entry }: { seq: number; entry: HistoryEntry | undefined }) {
  const { id: session_id } = useSession()
  const client = useClient(useDesk().share)
  const [chosen, setChosen] = useState<string>()
  const at_seq = useSettled(seq)
  const { value, error, isStale } = useLoaded(
    useCallback(() => client.rest.getGraph({ session_id, at_seq }), [client, session_id, at_seq]),
  )
  const node = value?.nodes.find(({ id }) => id === chosen)
  if (error !== undefined) return <Failure error={error} />
  if (!value) return <p className="quiet nothing">Loading…</p>
  return (
    <div className="past" aria-busy={isStale}>
      <PastGraph
        state={value}
        touched={new Set(value.seq === seq ? entry?.summary.node_ids : [])}
        chosen={chosen}
        onChoose={setChosen}
      />
      {node && <PastNode node={node} />}
    </div>
  )
}

/** The net changes between two entries. */
function Diff({ seq, last }: { seq: number; last: number }) {
  const { id: session_id } = useSession()
  const client = useClient(useDesk().share)
  const [other, setOther] = useState<number>()
  // By default what the entry itself did.
  const [from_seq, to_seq] = useSettled(
    [other ?? Math.max(seq - 1, 0), seq].toSorted((a, b) => a - b).join(' '),
  )
    .split(' ')
    .map(Number)
  const { value, error } = useLoaded(
    useCallback(
      () =>
        client.rest.getDiff({
          session_id,
          from_seq: from_seq ?? 0,
          ...(to_seq !== undefined && { to_seq }),
        }),
      [client, session_id, from_seq, to_seq],
    ),
  )
  return (
    <div className="diff">
      <div className="diff-head">
        <label>
          Compared with entry{' '}
          <input
            type="number"
            min={0}
            max={last}
            value={other ?? Math.max(seq - 1, 0)}
            onChange={({ target }) =>
              setOther(Math.min(Math.max(Math.trunc(target.valueAsNumber || 0), 0), last))
            }
          />
        </label>
        <Button className="tool" onClick={() => setOther(last)}>
          With now
        </Button>
        <Button className="tool" onClick={() => setOther(undefined)}>
          With the entry before
        </Button>
        {value && (
          <span className="quiet">
            {value.changes.length.toLocaleString('en')} changes from #{value.from_seq} to #
            {value.to_seq}
          </span>
        )}
      </div>
      {error !== undefined && <Failure error={error} />}
      {value && <ChangesList changes={value.changes} />}
    </div>
  )
}

/** Returns to a state by a command, which can be undone. For owners. */
function Restore({ seq, isNow }: { seq: number; isNow: boolean }) {
  const { id: session_id } = useSession()
  const client = useClient(useDesk().share)
  const actions = useActions()
  const isOwner = includes(useRole(), 'owner')
  const [isAsked, setAsked] = useState(false)
  if (!isOwner) return null

  async function restore(): Promise<void> {
    setAsked(false)
    try {
      await client.rest.restore({ session_id }, { seq, label: `Restore #${seq}` })
      const action = { label: 'Undo', run: () => void actions.undo() }
      notify({ title: `The state of #${seq} is restored`, action })
    } catch (error) {
      notify({ title: 'It was not restored', text: messageOf(error), look: 'problem' })
    }
  }

  return (
    <>
      <Button className="tool" disabled={isNow} onClick={() => setAsked(true)}>
        <RotateCcw aria-hidden="true" /> Restore
      </Button>
      <Dialog
        title={`Restore the state of #${seq}?`}
        text="Everything that was done since is taken back for everybody, in one step. It can be undone."
        isOpen={isAsked}
        onClose={() => setAsked(false)}
      >
        <Button look="primary" onClick={() => void restore()}>
          Restore
        </Button>
      </Dialog>
    </>
  )
}
