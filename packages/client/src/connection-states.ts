/** What happens to a connection. */
export type Happening =
  /** A session is joined, or `connect()` called. */
  | 'wanted'
  /** Nobody asks any more. */
  | 'unwanted'
  /** The application gave the token. */
  | 'token'
  /** The transport is open. */
  | 'opened'
  /** The server let this client in. */
  | 'accepted'
  /** An attempt failed: an error, no answer in time, a refusal for now. */
  | 'failed'
  /** The same, and another transport is left to try. */
  | 'failed-first'
  /** The connection may be dead: an answer is overdue, or the device was asleep. */
  | 'doubted'
  /** Something came from the server. */
  | 'heard'
  /** The connection broke, or nothing came in doubt. */
  | 'lost'
  /** The pause is over, or cut short: by `connect()`, by a signal of the platform. */
  | 'due'
  /** The page is frozen, or kept for the back button. */
  | 'hidden'
  /** The server does not want this client. */
  | 'refused'
  /** The application closed the client. */
  | 'closed'

export type StateName =
  | 'idle'
  | 'fetching-token'
  | 'dialling'
  | 'greeting'
  | 'live'
  | 'probing'
  | 'waiting'
  | 'suspended'
  | 'refused'
  | 'closed'

type State = {
  /** Without a sign of life it ends after so long; without a limit it may last. */
  limit?: 'answer' | 'probe' | 'pause'
  /** Whether the client tells that it is offline. */
  isOffline?: true
  /** What ends the state, and what comes then. Anything else comes too late, and is ignored. */
  on: { readonly [What in Happening]?: StateName }
}

const ANYWHERE = { closed: 'closed', unwanted: 'idle', hidden: 'suspended' } as const

const AGAIN = 'fetching-token'

const ATTEMPT = { ...ANYWHERE, 'failed-first': 'dialling', failed: 'waiting', due: AGAIN } as const

/** The life of a connection, as the README draws it. `Connection` acts by this table. */
export const STATES: { readonly [Name in StateName]: State } = {
  idle: { on: { wanted: AGAIN, closed: 'closed' } },
  'fetching-token': { on: { ...ANYWHERE, token: 'dialling', failed: 'waiting' } },
  dialling: { limit: 'answer', on: { ...ATTEMPT, opened: 'greeting' } },
  greeting: {
    limit: 'answer',
    on: { ...ATTEMPT, accepted: 'live', refused: 'refused' },
  },
  live: { on: { ...ANYWHERE, doubted: 'probing', lost: 'waiting' } },
  probing: {
    limit: 'probe',
    on: { ...ANYWHERE, heard: 'live', doubted: 'probing', lost: 'waiting' },
  },
  waiting: { limit: 'pause', isOffline: true, on: { ...ANYWHERE, due: AGAIN } },
  suspended: {
    isOffline: true,
    on: { closed: 'closed', unwanted: 'idle', due: AGAIN, wanted: AGAIN },
  },
  refused: { on: { closed: 'closed', wanted: AGAIN } },
  closed: { on: {} },
}
