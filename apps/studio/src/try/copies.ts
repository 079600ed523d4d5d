import type { ClientOptions } from '@talus/client'
import type { Example, Act, Caller } from '../../../docs/src/site/examples/example.js'
import { examplesOf } from '../../../docs/src/site/examples/examples.js'
import { SERVER } from '../account/account.js'
import { CONTRACT, eventOf, fieldsOf, payloadOf, type Subject } from './contract.js'

type Identity = Pick<ClientOptions, 'token' | 'shareToken'> & {
  actor?: { id: string; name: string }
}

/** Labels of the languages. */
const NAMES: Record<Example['label'], string> = {
  curl: 'curl',
  TypeScript: 'SDK',
  JavaScript: 'Socket.IO',
  Python: 'Python',
}

const ORDER = ['curl', 'TypeScript', 'JavaScript', 'Python'] as const

export type Copy = { name: string; code: string }

/** Generates complete programs that send a request. */
export function copiesOf(
  subject: Subject,
  draft: unknown,
  { session_id, identity }: { session_id: string | undefined; identity: Identity },
): Copy[] {
  const { actor, token, shareToken } = identity
  const caller: Caller = {
    server: SERVER,
    // With a token, the actor is in the token.
    ...(actor && token === undefined && { actor }),
    hasToken: token !== undefined,
    hasShareToken: shareToken !== undefined,
  }
  const made = examplesOf(actOf(subject, draft, session_id), CONTRACT, caller)
  return ORDER.flatMap((label) => {
    const example = made.find((one) => one.label === label)
    if (!example) return []
    const name = label === 'JavaScript' && subject.route ? 'fetch' : NAMES[label]
    return [{ name, code: example.code }]
  })
}

function actOf(subject: Subject, draft: unknown, session_id: string | undefined): Act {
  const { channel, name, route } = subject
  if (route) {
    const example = fieldsOf(draft)
    return { kind: 'route', key: name, route: { ...route, example }, prefix: CONTRACT.rest.prefix }
  }
  const payload = payloadOf(subject, draft)
  return {
    kind: 'request',
    name: eventOf(subject),
    payload: payload === undefined ? undefined : { ...fieldsOf(payload) },
    ...(channel === '/graph' && { graph: session_id ?? '' }),
  }
}
