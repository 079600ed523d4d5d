import { useSession } from '@talus/client/react'
import { sentIn } from './sent.js'
import type { WireEvent } from './wire.js'

type Moment = { key: string; at: number; label: string; where: string; look: string }

function lookOf(name: string): string {
  if (name === 'command:failed') return 'problem'
  return name.startsWith('command:') ? 'command' : 'event'
}

type LifeProps = { command_id: string; events: readonly WireEvent[] }

/** Timeline of a command, from the call to the last event, by this page's clock. */
export function Life({ command_id, events }: LifeProps) {
  const session = useSession()
  const own = sentIn(session).get(command_id)
  const moments: Moment[] = events
    .filter((event) => event.command_id === command_id)
    .map(({ key, at, name, namespace }) => ({
      key: `${key}`,
      at,
      label: name,
      where: namespace,
      look: lookOf(name),
    }))
  if (own) {
    const isRefused = own.error !== undefined
    moments.push(
      { key: 'sent', at: own.sent, label: 'sent', where: 'this page', look: 'own' },
      {
        key: 'answered',
        at: own.answered,
        label: isRefused ? `refused: ${own.error?.code ?? ''}` : 'confirmed',
        where: 'this page',
        look: isRefused ? 'problem' : 'own',
      },
    )
  }
  const ordered = moments.toSorted((a, b) => a.at - b.at)
  const first = ordered[0]?.at ?? 0
  const whole = Math.max((ordered.at(-1)?.at ?? first) - first, 1)
  return (
    <section className="life" aria-labelledby="life">
      <h3 id="life">Life of the command</h3>
      <code>{command_id}</code>
      <ol>
        {ordered.map(({ key, at, label, where, look }) => (
          <li key={key}>
            <span className="life-label">
              {label} <small>{where}</small>
            </span>
            <span className="life-track" aria-hidden="true">
              <span
                className={`life-dot ${look}`}
                style={{ left: `${((at - first) / whole) * 100}%` }}
              />
            </span>
            <span className="log-figure">+{at - first} ms</span>
          </li>
        ))}
      </ol>
      {!own && <p className="quiet">It was sent elsewhere: here begins what came of it.</p>}
    </section>
  )
}
