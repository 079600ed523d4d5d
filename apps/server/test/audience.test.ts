import { parseTemplate } from '@talus/graph'
import type { Entry, Role } from '@talus/protocol'
import { expect, test } from 'vitest'
import type { Packets } from '../src/broadcast/frames.js'
import { Hub } from '../src/broadcast/hub.js'
import { createMetrics } from '../src/observability/metrics.js'
import type { Following } from '../src/broadcast/fan-out.js'
import type { Publication, SessionContext } from '../src/broadcast/publication.js'

const NOW = '2026-01-28T15:30:00Z'

const { blueprint } = parseTemplate(
  {
    node_types: [
      { id: 'person', properties: [{ id: 'salary', type: 'text', access: { see: 'owner' } }] },
    ],
  },
  'staff',
)

const SESSION: SessionContext = {
  session_id: 's',
  epoch: 'e',
  template_id: 'staff',
  project_id: null,
  seq: 1,
  template_digest: null,
  rules: blueprint?.rules ?? null,
}

const ENTRY: Entry = {
  seq: 1,
  command_id: 'c',
  command_type: 'UpdateProperty',
  kind: 'do',
  actor: { id: 'ann' },
  timestamp: NOW,
  changes: [
    {
      type: 'property-set',
      node_id: 'p',
      property_id: 'salary',
      new_value: '4200',
      blueprint_type_id: 'person',
    },
  ],
}

const COMMITTED: Publication = {
  kind: 'committed',
  entry: ENTRY,
  body: JSON.stringify(ENTRY),
  announced: false,
}

/** A member who keeps what it is sent; its role may change, or be unknown for a while. */
class Listener {
  readonly got: Packets[] = []
  role: Role | undefined
  reviews = 0
  readonly client_id: string
  readonly following: Following

  constructor(client_id: string, { role, following }: { role: Role; following: Following }) {
    this.client_id = client_id
    this.role = role
    this.following = following
  }

  enter(hub: Hub): this {
    const member = {
      client_id: this.client_id,
      actor: { id: 'ann' },
      origin: ORIGIN,
      following: this.following,
      connection: { send: (packets: Packets) => void this.got.push(packets) },
      role: () => this.role,
      onSessionDeleted: () => undefined,
      onReplaced: () => undefined,
      review: async () => {
        this.reviews += 1
      },
    }
    hub.join('s', member, this.role && (SESSION.rules?.viewOf(this.role) ?? null))
    return this
  }

  get text(): string {
    return this.got.flatMap(({ list }) => list).join('\n')
  }
}

const SERVICES = {
  now: () => NOW,
  audit: { did: () => undefined },
  instruments: createMetrics().instruments,
}

const ORIGIN = { namespace: '/', actor_id: 'ann', admin: undefined, address: '' } as const

test('[VIEW1] what is sent is made once for each view and way of following', () => {
  const hub = new Hub(SERVICES)
  const listeners = (['viewer', 'editor', 'owner', 'owner'] as const).map((role, n) =>
    new Listener(`${role}${n}`, { role, following: 'changes' }).enter(hub),
  )
  hub.publish(SESSION, [COMMITTED])
  const [viewer, editor, owner, other] = listeners.map(({ got }) => got)
  expect(viewer?.[0]).toBe(editor?.[0])
  expect(owner?.[0]).toBe(other?.[0])
  expect(listeners.map(({ text }) => text.includes('4200'))).toEqual([false, false, true, true])
})

test('[VIEW5] as long as nobody knows a role, nothing is said; then the client begins anew', () => {
  const hub = new Hub(SERVICES)
  const eve = new Listener('eve', { role: 'owner', following: 'events' }).enter(hub)
  eve.role = undefined
  hub.publish(SESSION, [COMMITTED])
  expect([eve.got.length, eve.reviews]).toEqual([0, 1])
  hub.renew(SESSION, 'eve')
  expect([eve.got.length, eve.reviews]).toEqual([0, 1])
  eve.role = 'owner'
  hub.renew(SESSION, 'eve')
  expect(eve.text).toContain('"resync:required"')
  hub.publish(SESSION, [COMMITTED])
  expect(eve.text).toMatch(/resync:required.*property-changed/s)
  expect(eve.text.match(/2\["resync:required"/g)).toHaveLength(1)
})

test('[CMD2] what is prepared is what is sent, also to who came in between', () => {
  const hub = new Hub(SERVICES)
  const open: SessionContext = { ...SESSION, rules: null }
  const [before, unprepared] = (['ann', 'bob'] as const).map((id) =>
    new Listener(id, { role: 'editor', following: 'events' }).enter(hub),
  )
  hub.publish(open, [COMMITTED])
  const made = hub.prepare(open, [COMMITTED])
  const [alike, other] = (['events', 'changes'] as const).map((following) =>
    new Listener(`late-${following}`, { role: 'editor', following }).enter(hub),
  )
  hub.leave('s', 'bob')
  hub.publish(open, [COMMITTED], made)
  expect(before?.got[1]?.list).toEqual(before?.got[0]?.list)
  expect(alike?.got).toEqual([before?.got[1]])
  expect(other?.text).toMatch(/^2\["session:changes",/)
  expect(unprepared?.got).toHaveLength(1)
})

test('[VIEW1] where roles show different things, nothing is prepared', () => {
  const hub = new Hub(SERVICES)
  new Listener('eve', { role: 'viewer', following: 'events' }).enter(hub)
  expect(hub.prepare(SESSION, [COMMITTED])).toBeUndefined()
})
