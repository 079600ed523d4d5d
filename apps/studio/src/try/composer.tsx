import { raw } from '@talus/client/raw'
import { useEffect, useId, useMemo, useRef, useState } from 'react'
import { identityOf, SERVER, usePerson } from '../account/account.js'
import { Button } from '../parts/button.js'
import { messageOf } from '../parts/loaded.js'
import { Tabs } from '../parts/tabs.js'
import {
  CHANNEL_NAMES,
  CHANNELS,
  issuesOf,
  subjectOf,
  subjectsOf,
  SUBJECTS,
  type Channel,
  type Subject,
} from './contract.js'
import { copiesOf } from './copies.js'
import { exampleOf, suggestionsFor, type Facts } from './facts.js'
import { JsonEditor } from './json-editor.js'
import { recentRequests, rememberRequest, type RecentRequest } from './recent-requests.js'
import { Copies, Everybody, RecentList, ReplyCard } from './outcome.js'
import { SchemaForm } from './schema-form.js'
import { isOurs, previewOf, Wires, type Heard, type Reply } from './wires.js'

/** Keeps this many events of the session. */
const MOST_HEARD = 500

type Request = { subject: Subject; draft: unknown; edition: number }

/** A request that was sent, with its result. */
type Sent = { reply: Reply; isPreview: boolean; at: number }

type ComposerProps = { facts: Facts; share: string | undefined; onChanged: () => void }

export function Composer({ facts, share, onChanged }: ComposerProps) {
  const person = usePerson()
  const identity = useMemo(() => identityOf(person, share), [person, share])
  const { session_id } = facts
  const [{ subject, draft, edition }, setRequest] = useState<Request>(() => {
    const first =
      session_id === undefined ? subjectOf('rest', 'CreateProject') : subjectsOf('command')[0]
    const begun = first ?? SUBJECTS[0]
    if (!begun) throw new Error('The contract is empty')
    return { subject: begun, draft: exampleOf(begun, facts), edition: 0 }
  })
  const [mode, setMode] = useState<'form' | 'json'>('form')
  const [isJson, setIsJson] = useState(true)
  const [sent, setSent] = useState<Sent>()
  const [isBusy, setBusy] = useState(false)
  const [heard, setHeard] = useState<readonly (Heard & { isToSender: boolean })[]>([])
  const [trouble, setTrouble] = useState<string>()
  const [recent, setRecent] = useState(recentRequests)
  const wires = useRef<Wires>(undefined)

  useEffect(() => {
    const own = new Wires(raw(SERVER, identity), session_id, (one, isToSender) =>
      setHeard((before) => [...before, { ...one, isToSender }].slice(-MOST_HEARD)),
    )
    wires.current = own
    own.listen().catch((error: unknown) => setTrouble(messageOf(error)))
    return () => own.close()
  }, [identity, session_id])

  const issues = useMemo(() => issuesOf(subject, draft), [subject, draft])
  const byPath = useMemo(
    () => new Map(issues.map(({ path, expected }) => [path, expected])),
    [issues],
  )

  function begin(next: Subject, given: unknown = exampleOf(next, facts)): void {
    setRequest({ subject: next, draft: given, edition: edition + 1 })
    setIsJson(true)
  }

  async function run(isPreview: boolean): Promise<void> {
    const own = wires.current
    if (!own) return
    setBusy(true)
    const at = performance.now()
    const reply = await own[isPreview ? 'preview' : 'ask'](subject, draft)
    setSent({ reply, isPreview, at })
    setBusy(false)
    if (isPreview) return
    if (subject.name !== 'authenticate') {
      setRecent(
        rememberRequest({ channel: subject.channel, name: subject.name, draft, session_id }),
      )
    }
    // What there is to suggest is another now.
    if (reply.isOk) onChanged()
  }

  const after = heard.filter(({ at }) => sent !== undefined && at >= sent.at)
  const everybody = after.filter(({ isToSender }) => !isToSender)
  const known = new Set(everybody.map((one) => JSON.stringify([one.name, one.payload])))
  const toSender = after.filter(
    (one) => one.isToSender && !known.has(JSON.stringify([one.name, one.payload])),
  )
  const command_id = sent?.reply.command_id

  return (
    <div className="try-columns">
      <section className="card request" aria-labelledby="request-title">
        <h2 id="request-title">Request</h2>
        <SubjectChoice subject={subject} onChoose={begin} />
        <p className="quiet">
          {subject.description} <small>Needs the role {subject.requires}.</small>
        </p>
        {subject.schema === undefined ? (
          <p className="quiet">It carries nothing.</p>
        ) : (
          <Tabs
            label="How to edit"
            chosen={mode}
            onChoose={setMode}
            tabs={[
              {
                id: 'form',
                name: 'Form',
                content: (
                  <SchemaForm
                    key={edition}
                    schema={subject.schema}
                    value={draft}
                    issues={byPath}
                    suggest={(name) => suggestionsFor(name, facts)}
                    onChange={(next) => setRequest({ subject, draft: next, edition })}
                  />
                ),
              },
              {
                id: 'json',
                name: 'JSON',
                content: (
                  <JsonEditor
                    key={edition}
                    value={draft}
                    issues={issues}
                    onValid={setIsJson}
                    onChange={(next) => setRequest({ subject, draft: next, edition })}
                  />
                ),
              },
            ]}
          />
        )}
        <div className="verdict" role="status">
          {issues.length === 0 ? (
            <p className="good-text">Valid by the contract</p>
          ) : (
            <ul className="problem-text">
              {issues.map(({ path, expected }) => (
                <li key={path + expected}>
                  <code>{path || 'The payload'}</code>: expected {expected}
                </li>
              ))}
            </ul>
          )}
        </div>
        <div className="row send">
          <Button
            look="primary"
            disabled={isBusy || !isJson}
            title={issues.length > 0 ? 'The server is going to refuse it' : undefined}
            onClick={() => void run(false)}
          >
            {issues.length > 0 ? 'Send anyway' : 'Send'}
          </Button>
          {previewOf(subject) !== undefined && (
            <Button disabled={isBusy || !isJson} onClick={() => void run(true)}>
              Preview
            </Button>
          )}
          <Button onClick={() => begin(subject)}>Back to the example</Button>
        </div>
        {trouble !== undefined && (
          <p role="alert" className="problem-text">
            What everybody sees is not shown: {trouble}
          </p>
        )}
      </section>
      <div className="stack">
        <ReplyCard sent={sent} toSender={toSender} />
        {session_id !== undefined && (
          <Everybody
            events={everybody.filter(
              (one) => isOurs(one, command_id) || !('command_id' in Object(one.payload ?? {})),
            )}
            since={sent?.at}
            command_id={command_id}
          />
        )}
        <Copies
          copies={useMemo(
            () => copiesOf(subject, draft, { session_id, identity }),
            [subject, draft, session_id, identity],
          )}
          hasSecrets={'token' in identity || 'shareToken' in identity}
        />
        <RecentList
          requests={recent}
          onChoose={({ channel, name, draft: kept }: RecentRequest) => {
            const chosen = subjectOf(channel, name)
            if (chosen) begin(chosen, kept)
          }}
        />
      </div>
    </div>
  )
}

type SubjectChoiceProps = { subject: Subject; onChoose: (subject: Subject) => void }

function SubjectChoice({ subject, onChoose }: SubjectChoiceProps) {
  const id = useId()
  const choose = (channel: Channel, name: string) => {
    const next = subjectOf(channel, name)
    if (next) onChoose(next)
  }
  return (
    <div className="subject-choice">
      <div className="field">
        <label className="field-label" htmlFor={`${id}-channel`}>
          Kind
        </label>
        <select
          id={`${id}-channel`}
          value={subject.channel}
          onChange={({ target }) => {
            const channel = CHANNELS.find((one) => one === target.value) ?? 'command'
            choose(channel, subjectsOf(channel)[0]?.name ?? '')
          }}
        >
          {CHANNELS.map((channel) => (
            <option key={channel} value={channel}>
              {CHANNEL_NAMES[channel]}
            </option>
          ))}
        </select>
      </div>
      <div className="field">
        <label className="field-label" htmlFor={`${id}-name`}>
          What
        </label>
        <select
          id={`${id}-name`}
          value={subject.name}
          onChange={({ target }) => choose(subject.channel, target.value)}
        >
          {subjectsOf(subject.channel).map(({ name, route }) => (
            <option key={name} value={name}>
              {route ? `${route.method} ${route.path}` : name}
            </option>
          ))}
        </select>
      </div>
    </div>
  )
}
