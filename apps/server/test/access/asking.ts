import {
  check,
  type CLIENT_EVENTS,
  ROUTES,
  type AccessRow,
  type AccessSubject,
  type Namespace,
  type RouteName,
} from '@talus/protocol'
import type { RawClient, TestApp } from '../harness.js'
import { commandPayload, eventPayload, ROUTE_REQUESTS, type RestAsk } from './requests.js'
import type { Presents, Scene } from './scene.js'

/** What came of asking: allowed or a code, and everything that the visitor was told, as text. */
export type Answered = { outcome: string; told: string }

/** Who asks for what where. */
export type Asking = { app: TestApp; scene: Scene; as: Presents; onEntered: () => Promise<void> }

const ELEVATION = { scope: 'session', force: true }

function outcomeOf(body: unknown): string {
  const { error } = (body ?? {}) as { error?: { code: string } }
  return error ? error.code : 'allowed'
}

async function askRoute(
  { app, scene, as }: Asking,
  name: RouteName,
  { params, query = '', body }: RestAsk,
): Promise<Answered> {
  const { method, path, status, response } = ROUTES[name]
  const named: Record<string, string> = { ...scene, node_id: 'task-1', ...params } as never
  const place = path.replaceAll(/\{(\w+)\}/g, (_, key: string) => named[key] ?? '')
  const answer = await app.api(method, place + query, body, as.headers)
  const outcome = outcomeOf(answer.body)
  if (outcome === 'allowed' && answer.status !== status) throw new Error(`status ${answer.status}`)
  if (outcome === 'allowed' && !check(response, answer.body).ok) throw new Error('no valid answer')
  return { outcome, told: JSON.stringify([answer.body, ...answer.headers]) }
}

type Refused = { data?: unknown }

async function enter(
  { app, scene, as }: Asking,
  namespace: Namespace,
): Promise<RawClient | Answered> {
  const { session_id } = scene
  const options = { auth: { ...as.auth, session_id }, reconnection: false }
  try {
    return await (namespace === '/' ? app.client(options) : app.graphClient(session_id, options))
  } catch (err) {
    const { data } = err as Refused
    return { outcome: outcomeOf({ error: data }), told: JSON.stringify([String(err), data]) }
  }
}

type Event = {
  namespace: Namespace
  name: keyof typeof CLIENT_EVENTS
  payload: object | undefined
}

/** Sends one event as an entered client; on `/` it joins before, if it can. */
async function send(
  client: RawClient,
  { scene, onEntered }: Asking,
  { namespace, name, payload }: Event,
): Promise<Answered> {
  if (namespace === '/' && name !== 'join_session') {
    await client.ask('join_session', { session_id: scene.session_id })
  }
  await onEntered()
  const answer: unknown = await (payload === undefined
    ? client.socket.emitWithAck(name)
    : client.ask(name, payload))
  await client.settled()
  return { outcome: outcomeOf(answer), told: JSON.stringify([answer, client.received]) }
}

async function throughSocket(
  asking: Asking,
  namespace: Namespace,
  event?: Omit<Event, 'namespace'>,
): Promise<Answered> {
  const entered = await enter(asking, namespace)
  if (!('socket' in entered)) return entered
  const answered = event
    ? await send(entered, asking, { namespace, ...event })
    : { outcome: 'allowed', told: '' }
  entered.socket.disconnect()
  return answered
}

/** Asks for what a row is about; a command through one of the doors. */
function ask(
  asking: Asking,
  { subject, elevated }: Pick<AccessRow, 'subject' | 'elevated'>,
  door: 'REST' | Namespace = 'REST',
): Promise<Answered> {
  const { scene } = asking
  const extra = elevated ? ELEVATION : {}
  switch (subject.kind) {
    case 'route': {
      const { body, ...rest } = ROUTE_REQUESTS[subject.name](scene)
      const full = body === undefined ? rest : { ...rest, body: { ...body, ...extra } }
      return askRoute(asking, subject.name, full)
    }
    case 'handshake':
      return throughSocket(asking, subject.namespace)
    case 'event': {
      const payload = eventPayload(subject.name, scene, asking.as)
      return throughSocket(asking, subject.namespace, {
        name: subject.name,
        payload: payload && { ...payload, ...extra },
      })
    }
    case 'command': {
      const payload = commandPayload(subject.name, scene)
      if (door === 'REST') return askRoute(asking, 'ExecuteCommandRoute', { body: payload })
      return throughSocket(asking, door, { name: 'execute_command', payload })
    }
    default:
      return subject satisfies never
  }
}

/** The ways to ask for what a row is about. */
export function waysTo(
  subject: AccessSubject,
  elevated: boolean,
): ((asking: Asking) => Promise<Answered>)[] {
  if (subject.kind !== 'command') return [(asking) => ask(asking, { subject, elevated })]
  return (['REST', '/', '/graph'] as const).map(
    (door) => (asking) => ask(asking, { subject, elevated }, door),
  )
}
