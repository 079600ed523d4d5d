import { expect, test } from 'vitest'
import { breakingChanges } from '../../src/compatibility/breaking-changes.js'
import { findingText } from '../../src/compatibility/finding.js'
import { currentContract, type Contract, type Event, type Route } from '../../src/contract.js'
import { object, smallContract, text } from './small-contract.js'

type Change = (contract: Contract) => void

function found(change: Change): string[] {
  const after = smallContract()
  change(after)
  return breakingChanges(smallContract(), after).map(findingText)
}

const root = ({ namespaces }: Contract) => namespaces['/'] as Contract['namespaces'][string]
const renamed = (contract: Contract) => root(contract).server_to_client['renamed'] as Event
const rename = (contract: Contract) => root(contract).client_to_server['rename'] as Event
const command = ({ commands }: Contract) => commands['Rename'] as Contract['commands'][string]
const thing = ({ rest }: Contract) => rest.routes['GetThing'] as Route
const error = ({ errors }: Contract, code: string) => errors[code] as Contract['errors'][string]

function move<T>(record: Record<string, T>, from: string, to: string): void {
  record[to] = JSON.parse(JSON.stringify(record[from]).replaceAll(`"${from}"`, `"${to}"`)) as T
  delete record[from]
}

const RENAMED = 'renamed on /'
const RENAME = 'rename on /'
const THING = 'GET /api/v1/things/{id}'

const BREAKING: [change: string, Change, ...findings: string[]][] = [
  [
    'a server event less',
    (c) => delete root(c).server_to_client['renamed'],
    'server event of / renamed was removed',
  ],
  [
    'a server event under another name',
    (c) => move(root(c).server_to_client, 'renamed', 'named'),
    'server event of / renamed was renamed to named',
  ],
  [
    'a client event less',
    (c) => delete root(c).client_to_server['ping'],
    'client event of / ping was removed',
  ],
  [
    'a client event under another name',
    (c) => move(root(c).client_to_server, 'rename', 'relabel'),
    'client event of / rename was renamed to relabel',
  ],
  ['a namespace less', (c) => delete c.namespaces['/'], 'namespace / was removed'],
  ['a command less', (c) => delete c.commands['Rename'], 'command Rename was removed'],
  [
    'another alias',
    (c) => (command(c).alias = 'Rename2'),
    'command Rename answers to RenameCommand no longer',
  ],
  [
    'a command for owners',
    (c) => (command(c).requires = 'owner'),
    'command Rename needs the role owner now, not editor',
  ],
  [
    'a new required field of a command',
    (c) => (command(c).data = object({ id: text, name: text, why: text }, ['id', 'why'])),
    'data of command Rename, /why has to be sent now',
  ],
  [
    'another result',
    (c) => (command(c).result = text),
    'result of command Rename is widened from null to string',
  ],
  [
    'a field of an event less',
    (c) =>
      (renamed(c).payload = object({ event: { type: 'string', const: 'renamed' } }, ['event'])),
    `${RENAMED}, /name was removed`,
  ],
  [
    'an event that carries nothing',
    (c) => delete renamed(c).payload,
    `${RENAMED} carries nothing any longer`,
  ],
  [
    'a client event that has to carry something',
    (c) => ((root(c).client_to_server['ping'] as Event).payload = object({})),
    'ping on / has to carry something now',
  ],
  [
    'a client event for owners',
    (c) => (rename(c).requires = 'owner'),
    `${RENAME} needs the role owner now, not editor`,
  ],
  [
    'a narrower client event',
    (c) => (rename(c).payload = object({ name: { ...text, maxLength: 9 } }, ['name'])),
    `${RENAME}, /name maxLength is narrowed from none to 9`,
  ],
  [
    'no acknowledgement',
    (c) => delete rename(c).ack,
    `acknowledgement of ${RENAME} carries nothing any longer`,
  ],
  [
    'another acknowledgement',
    (c) => (rename(c).ack = object({ ok: { type: 'boolean' } }, ['ok'])),
    `acknowledgement of ${RENAME}, /ok is widened from true to boolean`,
  ],
  [
    'a handshake that wants more',
    (c) => (root(c).handshake.auth = object({ token: text }, ['token'])),
    'handshake of /, /token has to be sent now',
  ],
  [
    'an error code less',
    (c) => {
      delete c.errors['GONE']
      root(c).handshake.refusal = object({ code: { type: 'string', enum: ['WRONG'] } }, ['code'])
    },
    'error GONE was removed',
  ],
  [
    'another status of a code',
    (c) => (error(c, 'GONE').status = 404),
    'error GONE has the status 404, not 410',
  ],
  [
    'a code that may be retried',
    (c) => (error(c, 'GONE').retryable = true),
    'error GONE has the retryable true, not false',
  ],
  ['a route less', (c) => delete c.rest.routes['GetThing'], `route ${THING} was removed`],
  ['another method', (c) => (thing(c).method = 'POST'), `route ${THING} was removed`],
  ['another path', (c) => (thing(c).path = '/thing/{id}'), `route ${THING} was removed`],
  [
    'another prefix',
    (c) => (c.rest.prefix = '/api/v2'),
    `route ${THING} was renamed to GET /api/v2/things/{id}`,
    'route GET /api/v1/others/{id} was renamed to GET /api/v2/others/{id}',
  ],
  [
    'another parameter',
    (c) => (thing(c).params = object({ id: text, part: text }, ['id', 'part'])),
    `params of ${THING}, /part has to be sent now`,
  ],
  [
    'a narrower query',
    (c) => (thing(c).query = object({ limit: { type: 'integer', maximum: 50 } })),
    `query of ${THING}, /limit maximum is narrowed from 100 to 50`,
  ],
  ['no query', (c) => delete thing(c).query, `query of ${THING}, /limit was removed`],
  [
    'a body with a required field',
    (c) => (thing(c).body = object({ a: text }, ['a'])),
    `body of ${THING}, /a has to be sent now`,
  ],
  [
    'a field of the response that may be missing',
    (c) => (thing(c).response = object({ seq: { type: 'integer' } })),
    `response of ${THING}, /seq may be missing now`,
  ],
  ['another status of a route', (c) => (thing(c).status = 201), `${THING} answers 201, not 200`],
  [
    'a route for editors',
    (c) => (thing(c).requires = 'editor'),
    `${THING} needs the role editor now, not viewer`,
  ],
  ['no ETag', (c) => delete thing(c).etag, `${THING} has no ETag any longer`],
  [
    'the oldest version',
    (c) => (c.min_protocol_version = '1.1'),
    'the oldest version that is served is 1.1, not 1.0',
  ],
]

test.each(BREAKING)('%s', (_name, change, ...findings) => {
  expect(found(change)).toEqual(findings)
})

test('a route that asks for an identity where anybody could come', () => {
  const [before, after] = [smallContract(), smallContract()]
  thing(before).scope = 'open'
  expect(breakingChanges(before, after).map(findingText)).toEqual([
    `${THING} has the scope session now, not open`,
  ])
  expect(breakingChanges(after, before)).toEqual([])
})

const HARMLESS: [change: string, Change][] = [
  ['nothing', () => {}],
  [
    'prose and examples',
    (c) => {
      renamed(c).description = 'Other words.'
      command(c).example = { id: 'b' }
      thing(c).summary = 'Other words.'
    },
  ],
  ['an event more', (c) => (root(c).server_to_client['added'] = { ...renamed(c), name: 'added' })],
  ['a client event more', (c) => (root(c).client_to_server['add'] = { ...rename(c), name: 'add' })],
  ['a command more', (c) => (c.commands['Add'] = { ...command(c), type: 'Add' })],
  ['a route more', (c) => (c.rest.routes['New'] = { ...thing(c), path: '/new/{id}' })],
  ['a namespace more', (c) => (c.namespaces['/new'] = root(c))],
  [
    'an error code more, also where codes are listed',
    (c) => {
      c.errors['BUSY'] = { status: 503, retryable: true, description: 'It is busy.' }
      root(c).handshake.refusal = object(
        { code: { type: 'string', enum: ['WRONG', 'GONE', 'BUSY'] } },
        ['code'],
      )
      thing(c).errors.push('BUSY')
    },
  ],
  ['a lower role', (c) => (command(c).requires = 'viewer')],
  [
    'an acknowledgement where there was none',
    (c) => ((root(c).client_to_server['ping'] as Event).ack = object({})),
  ],
  [
    'an optional field that clients may send',
    (c) => (rename(c).payload = object({ name: text, why: text }, ['name'])),
  ],
  [
    'a required field that clients read',
    (c) =>
      (thing(c).response = object({ seq: { type: 'integer' }, epoch: text }, ['seq', 'epoch'])),
  ],
  ['a body with optional fields only', (c) => (thing(c).body = object({ a: text }))],
  [
    'another name of a route, which is not on the wire',
    (c) => {
      c.rest.routes['ReadThing'] = thing(c)
      delete c.rest.routes['GetThing']
    },
  ],
]

test.each(HARMLESS)('%s: breaks nobody', (_name, change) => {
  expect(found(change)).toEqual([])
})

test('the contract itself: a field less shows in every message that has it', () => {
  const before = currentContract()
  const after = JSON.parse(
    JSON.stringify(before).replaceAll('"deleted_ids":', '"gone_ids":'),
  ) as Contract
  const places = breakingChanges(before, after).map(({ where }) => where)
  expect(new Set(places)).toEqual(
    new Set(['result of command DeleteNode', 'node-deleted on /', 'graph:node-deleted on /graph']),
  )
})
