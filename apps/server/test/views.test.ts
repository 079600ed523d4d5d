import { API_PREFIX, ROUTES, type RouteName } from '@talus/protocol'
import { expect, test } from 'vitest'
import type { RawClient } from './harness.js'
import { clientOf, company, execute, graphClientOf, joined, type Company } from './staff.js'
import { bearer } from './tokens.js'

/** What vic must never see, and of it what eve must never see. */
const HIDDEN = { vic: /FOR-OWNERS|FOR-EDITORS/, eve: /FOR-OWNERS/ }

/** Everything that a client receives, as it came over the wire. */
class Tap {
  readonly frames: string[] = []
  readonly client: RawClient

  constructor(client: RawClient) {
    this.client = client
    const engine = client.socket.io.engine as unknown as {
      on: (event: 'data', take: (data: unknown) => void) => void
    }
    engine.on('data', (data) => this.frames.push(String(data)))
  }

  get text(): string {
    return this.frames.join('\n')
  }
}

const STREAMS = ['events', 'changes', '/graph'] as const

async function tapped(at: Company, sub: string): Promise<Record<(typeof STREAMS)[number], Tap>> {
  const join = async (stream: string) => {
    const tap = new Tap(await clientOf(at, sub))
    await tap.client.ask('join_session', { session_id: at.session_id, stream })
    return tap
  }
  const graph = new Tap(await graphClientOf(at, sub))
  return { events: await join('events'), changes: await join('changes'), '/graph': graph }
}

const P = { node_id: 'p' }
const set = (property_id: string, new_value: unknown, more = {}) =>
  ['UpdateProperty', { ...P, property_id, new_value, ...more }] as const
const one = (command_type: string, data: object) => ({ command_type, data })

const LABEL = { label: 'Pay FOR-OWNERS-label' }

/** Everything that may be done with what is hidden, and things that are refused. */
async function busyDay(at: Company): Promise<void> {
  const { app, session_id, project_id, root } = at
  const by = await bearer('ann')
  const post = (path: string, body: object = {}) => app.api('POST', path, body, by)
  const hidden = { salary: 'FOR-OWNERS-1', review: 'FOR-EDITORS-1', phone: 'FOR-ALL' }
  const person = { blueprint_type_id: 'person', node_id: 'p', parent_id: root, name: 'Pat' }
  const file = {
    blueprint_type_id: 'file',
    node_id: 'f',
    parent_id: 'p',
    properties: { title: 'FOR-ALL-title', body: 'FOR-OWNERS-2' },
  }
  const steps = [
    ['CreateNode', { ...person, properties: hidden }, LABEL],
    [...set('salary', 'FOR-OWNERS-3'), LABEL],
    [...set('salary', 'FOR-OWNERS-3'), LABEL],
    set('phone', 'FOR-ALL-2'),
    set('grade', 'FOR-OWNERS-no-number'),
    set('salary', 'FOR-OWNERS-4', { old_value: 'FOR-OWNERS-wrong' }),
    set('salary', 'FOR-OWNERS-5', { other: 'FOR-OWNERS-6' }),
    set('salary', undefined, { old_value: 'FOR-OWNERS-6' }),
    ['CreateNode', { ...person, node_id: 'q', properties: { salary: { deep: 'FOR-OWNERS' } } }],
    [
      'Batch',
      { commands: [one('CreateNode', file), one(...set('review', 'FOR-EDITORS-2'))] },
      LABEL,
    ],
    ['UpdateProperty', { node_id: 'f', property_id: 'body', new_value: 'FOR-OWNERS-7' }],
    ['UpdateProperty', { node_id: 'f', property_id: 'title', new_value: 'FOR-ALL-title-2' }],
    ['DeleteProperty', { node_id: 'f', property_id: 'body' }],
    ['MoveNode', { node_id: 'f', parent_id: root }],
    ['MoveNode', { node_id: 'f', parent_id: 'p' }],
  ] as const
  for (const step of steps) await execute(at, 'ann', step)
  for (let n = 0; n < 8; n += 1) await post(`/sessions/${session_id}/undo`)
  for (let n = 0; n < 8; n += 1) await post(`/sessions/${session_id}/redo`)
  await execute(at, 'ann', ['DeleteNode', P])
  await post(`/sessions/${session_id}/undo`)
  await post(`/projects/${project_id}/save`)
  await post(`/sessions/${session_id}/restore`, { seq: 2 })
  await post(`/projects/${project_id}/load`)
  expect((await execute(at, 'ann', set('phone', 'FOR-ALL-last'))).success).toBe(true)
}

/** Whom what somebody asks concerns, and where they may ask for it. */
type Place = Company & { seq: number }

type Asked = readonly [path: string, body?: object]

/** Routes whose answers cannot hold anything of a graph. */
const NO_GRAPH = 'no graph'

const search = (query: object) => (at: Place) =>
  [`/graph/search`, { session_id: at.session_id, ...query }] as const

/** Every route of the contract: each is either walked or known to say nothing of a graph. */
const DOORS: Record<RouteName, ((at: Place) => Asked)[] | typeof NO_GRAPH> = {
  GetHealth: NO_GRAPH,
  GetReady: NO_GRAPH,
  CreateSession: [({ session_id }) => ['/sessions', { session_id, template_id: 'staff' }]],
  ListSessions: [() => ['/sessions']],
  GetSession: [({ session_id }) => [`/sessions/${session_id}`]],
  DeleteSession: NO_GRAPH,
  ListMembers: NO_GRAPH,
  GetMember: NO_GRAPH,
  PutMember: NO_GRAPH,
  DeleteMember: NO_GRAPH,
  CreateShareLink: NO_GRAPH,
  ListShareLinks: NO_GRAPH,
  DeleteShareLink: NO_GRAPH,
  GetGraph: [
    ({ session_id }) => [`/graph?session_id=${session_id}`],
    ({ session_id }) => [`/graph?session_id=${session_id}&at_seq=4`],
  ],
  GetGraphTree: [
    ({ session_id }) => [`/sessions/${session_id}/graph/tree`],
    ({ session_id }) => [`/sessions/${session_id}/graph/tree?at_seq=4`],
  ],
  GetNode: [({ session_id }) => [`/sessions/${session_id}/nodes/p`]],
  GetAffordances: [({ session_id }) => [`/sessions/${session_id}/nodes/p/affordances`]],
  SearchGraph: [
    search({}),
    search({ text: 'p' }),
    search({
      type: 'person',
      property: [{ property_id: 'salary', operator: 'exists', value: false }],
    }),
  ],
  GetChanges: [({ session_id }) => [`/sessions/${session_id}/changes?after_seq=0&limit=1000`]],
  GetHistory: [({ session_id }) => [`/sessions/${session_id}/history?limit=500`]],
  GetNodeHistory: [
    ({ session_id }) => [`/sessions/${session_id}/nodes/p/history?limit=500`],
    ({ session_id }) => [`/sessions/${session_id}/nodes/f/history?limit=500`],
  ],
  GetDiff: [
    ({ session_id }) => [`/sessions/${session_id}/diff?from_seq=0`],
    ({ session_id, seq }) => [`/sessions/${session_id}/diff?from_seq=${seq}&to_seq=2`],
    ({ session_id }) => [`/sessions/${session_id}/diff?from_seq=2&to_seq=3`],
  ],
  ExecuteCommandRoute: [
    ({ session_id }) => [
      '/commands/execute',
      { session_id, ...one(...set('salary', 'x', { old_value: 'y' })) },
    ],
    ({ session_id }) => [
      '/commands/execute',
      { session_id, ...one(...set('phone', 'x', { old_value: 'y' })) },
    ],
  ],
  PreviewCommandRoute: [
    ({ session_id }) => ['/commands/preview', { session_id, ...one('DeleteNode', P) }],
    ({ session_id }) => ['/commands/preview', { session_id, ...one(...set('salary', 'x')) }],
    ({ session_id }) => [
      '/commands/preview',
      { session_id, ...one('CreateNode', { blueprint_type_id: 'person', parent_id: 'f' }) },
    ],
  ],
  UndoRoute: [({ session_id }) => [`/sessions/${session_id}/undo`, {}]],
  RedoRoute: [({ session_id }) => [`/sessions/${session_id}/redo`, {}]],
  RestoreRoute: [({ session_id }) => [`/sessions/${session_id}/restore`, { seq: 3 }]],
  CreateProject: NO_GRAPH,
  ListProjects: [() => ['/projects']],
  GetProject: [({ project_id }) => [`/projects/${project_id}`]],
  DeleteProject: NO_GRAPH,
  SaveProject: [({ project_id }) => [`/projects/${project_id}/save`, {}]],
  LoadProject: [({ project_id }) => [`/projects/${project_id}/load`, {}]],
  ImportProject: NO_GRAPH,
  ExportProject: [({ project_id }) => [`/projects/${project_id}/export`]],
  ListTemplates: NO_GRAPH,
  GetTemplateSchema: NO_GRAPH,
  ValidateTemplate: NO_GRAPH,
}

/** Status, headers and body of everything that REST answers to somebody, by route. */
async function walk(at: Company, sub: string): Promise<Map<RouteName, string>> {
  const { body } = await at.app.api(
    'GET',
    `/sessions/${at.session_id}`,
    undefined,
    await bearer(sub),
  )
  const place = { ...at, seq: Number(body.seq) }
  const answers = new Map<RouteName, string>()
  for (const [name, ways] of Object.entries(DOORS) as [RouteName, (typeof DOORS)[RouteName]][]) {
    if (ways === NO_GRAPH) continue
    const texts: string[] = []
    for (const way of ways) {
      const [path, sent] = way(place)
      const response = await fetch(`${at.app.url}${API_PREFIX}${path}`, {
        method: ROUTES[name].method,
        headers: { ...(await bearer(sub)), ...(sent && { 'content-type': 'application/json' }) },
        ...(sent && { body: JSON.stringify(sent) }),
      })
      const headers = [...response.headers].map((pair) => pair.join(': ')).join('\n')
      texts.push(`${response.status}\n${headers}\n${await response.text()}`)
    }
    answers.set(name, texts.join('\n'))
  }
  return answers
}

/** What joins with a `last_seq` answer with. */
async function resumed(at: Company, sub: string): Promise<string> {
  const tap = new Tap(await clientOf(at, sub))
  const { session_id } = at
  const how = { session_id, stream: 'changes', last_seq: 1 }
  expect(await tap.client.ask('join_session', how)).toHaveProperty('entries')
  return tap.text
}

/** Previews and refusals over both namespaces. */
async function asked(at: Company, sub: string): Promise<string> {
  const [root, graph] = [new Tap(await joined(at, sub)), new Tap(await graphClientOf(at, sub))]
  const { session_id } = at
  for (const { client } of [root, graph]) {
    const ask = (event: string, what: object) => client.ask(event, { session_id, ...what })
    await ask('preview_command', one('DeleteNode', P))
    await ask('execute_command', one(...set('salary', 'x', { old_value: 'y' })))
    await ask('execute_command', one('DeleteProperty', { ...P, property_id: 'salary' }))
    await ask('undo_command', {})
    await ask('redo_command', {})
    await client.settled()
  }
  return `${root.text}\n${graph.text}`
}

async function settled(taps: Record<string, Tap>): Promise<void> {
  for (const { client } of Object.values(taps)) await client.settled()
}

test('[VIEW1] [AUTH2] what a role may not see leaves the server by no door', async () => {
  const at = await company()
  await using _ = at.app
  const taps = {
    vic: await tapped(at, 'vic'),
    eve: await tapped(at, 'eve'),
    ann: await tapped(at, 'ann'),
  }
  await busyDay(at)
  for (const sub of ['vic', 'eve', 'ann'] as const) await settled(taps[sub])

  for (const stream of STREAMS) {
    // The owner has been told all of it, or this would prove nothing.
    expect(taps.ann[stream].text).toMatch(/FOR-OWNERS-1.*FOR-OWNERS-3.*FOR-OWNERS-7/s)
    for (const sub of ['vic', 'eve'] as const) {
      expect(taps[sub][stream].text).not.toMatch(HIDDEN[sub])
      expect(taps[sub][stream].text).toMatch(/FOR-ALL.*FOR-ALL-2.*FOR-ALL-title-2.*FOR-ALL-last/s)
    }
    expect(taps.eve[stream].text).toMatch(/FOR-EDITORS-1.*FOR-EDITORS-2/s)
  }

  const owner = await walk(at, 'ann')
  const telling: RouteName[] = [
    'GetGraph',
    'GetGraphTree',
    'GetNode',
    'SearchGraph',
    'GetChanges',
    'GetNodeHistory',
    'GetDiff',
    'PreviewCommandRoute',
    'LoadProject',
    'ExportProject',
  ]
  for (const name of telling)
    expect([name, owner.get(name)]).toEqual([name, expect.stringMatching('FOR-OWNERS')])
  for (const sub of ['vic', 'eve'] as const) {
    for (const [name, text] of await walk(at, sub)) {
      expect([name, text]).toEqual([name, expect.not.stringMatching(HIDDEN[sub])])
    }
    expect(await resumed(at, sub)).not.toMatch(HIDDEN[sub])
    expect(await asked(at, sub)).not.toMatch(HIDDEN[sub])
    await settled(taps[sub])
    for (const stream of STREAMS) expect(taps[sub][stream].text).not.toMatch(HIDDEN[sub])
  }
  expect(await resumed(at, 'ann')).toMatch('FOR-OWNERS')
})

test('[VIEW1] an imported file: nor what it says beside the properties', async () => {
  const at = await company()
  await using _ = at.app
  const document = {
    template_id: 'staff',
    note: 'FOR-OWNERS-document',
    graph: {
      id: 'g',
      nodes: [
        { id: 'c', type: 'company', name: 'Imported', children: ['f'] },
        {
          id: 'f',
          type: 'file',
          properties: { body: 'FOR-OWNERS-body', title: 'FOR-ALL', undeclared: 'FOR-OWNERS' },
          metadata: { by: 'FOR-OWNERS-metadata' },
          remark: 'FOR-OWNERS-remark',
        },
      ],
    },
  }
  const { body } = await at.app.api('POST', '/projects/import', document, await bearer('ann'))
  const { session_id, project_id } = body as { session_id: string; project_id: string }
  const member = `/sessions/${session_id}/members/vic`
  await at.app.api('PUT', member, { role: 'viewer' }, await bearer('ann'))
  for (const path of [`/graph?session_id=${session_id}`, `/projects/${project_id}/export`]) {
    const whole = await at.app.api('GET', path, undefined, await bearer('ann'))
    expect(JSON.stringify(whole.body)).toMatch(/FOR-OWNERS-body.*FOR-OWNERS-metadata/)
    const seen = await at.app.api('GET', path, undefined, await bearer('vic'))
    expect(JSON.stringify(seen.body)).toMatch('FOR-ALL')
    expect(JSON.stringify(seen.body)).not.toMatch(HIDDEN.vic)
  }
})

test('[VIEW1] a share link shows what its role sees', async () => {
  const at = await company()
  await using _ = at.app
  const path = `/sessions/${at.session_id}/share-links`
  const made = await at.app.api('POST', path, { role: 'viewer' }, await bearer('ann'))
  const guest = new Tap(await at.app.client({ auth: { share_token: made.body.token } }))
  const member = new Tap(await clientOf(at, 'vic', { share_token: made.body.token }))
  const held = { session_id: at.session_id }
  for (const { client } of [guest, member]) await client.ask('join_session', held)
  await busyDay(at)
  for (const tap of [guest, member]) {
    await tap.client.settled()
    expect(tap.text).not.toMatch(HIDDEN.vic)
    expect(tap.text).toMatch('FOR-ALL-last')
  }
})
