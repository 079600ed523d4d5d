import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { flawIn } from '../src/payload.js'
import { openDoor, DOORS } from './doors.js'
import { quickApp, type TestApp } from './harness.js'
import { askInText } from './text-packets.js'

describe('[NUM1] an integer that loses digits', () => {
  test.each([
    ['{"a":9007199254740993}', '/a'],
    ['{"a":-9007199254740993}', '/a'],
    ['[1,[2,12345678901234567890]]', '/1/1'],
    ['{"a":{"b":"x"},"c~/":[{},123456789012345678901234567890]}', '/c~0~1/1'],
    [`{"a":1${'0'.repeat(400)}}`, '/a'],
    ['{"9007199254740993":9007199254740993}', '/9007199254740993'],
    ['{"a":"\\"9007199254740993","b":9007199254740993}', '/b'],
    ['{"a":"\\\\","b" : 9007199254740993}', '/b'],
  ])('%s is found with its place', (text, path) => {
    expect(flawIn(text)).toMatchObject({ path, hint: expect.stringContaining('as text') })
  })

  test.each([
    '{"a":9007199254740991}',
    '{"a":9007199254740992}',
    '{"a":1152921504606846976}',
    '{"a":590295810358705700000}',
    '{"a":1e21,"b":1.5e300,"c":0.1234567890123456789,"d":-0}',
    '{"a":0.10000000000000001110}',
    '{"a":"9007199254740993"}',
    '{"9007199254740993":"9007199254740993"}',
  ])('%s has none', (text) => {
    expect(flawIn(text)).toBeUndefined()
  })

  test('nothing that JavaScript writes is refused, and no other integer comes out', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(flawIn(JSON.stringify(value))).toBeUndefined()
      }),
    )
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), (integer) => {
        const text = `[${integer}]`
        const [read] = JSON.parse(text) as number[]
        const isExact = String(read) === String(integer) || BigInt(read ?? 0) === integer
        expect(flawIn(text) === undefined).toBe(isExact)
      }),
    )
  })
})

describe('[TEXT1] half of a surrogate pair', () => {
  test.each([
    ['{"a":"\\ud83d"}', '/a'],
    ['{"a":"\\uDC4D\\uD83D"}', '/a'],
    ['{"a":[0,"x\\ud83dx"]}', '/a/1'],
    ['{"a":{"\\ud83d":1}}', '/a/\ufffd'],
    ['{"\\ud83d\\udc4d":"\\ud83d"}', '/👍'],
  ])('%s is found with its place', (text, path) => {
    expect(flawIn(text)?.path).toBe(path)
  })

  test.each(['{"a":"\\ud83d\\udc4d"}', '{"a":"\\\\ud83d"}', '{"a":"👍"}', '{"\\\\ud83d":1}'])(
    '%s has none',
    (text) => {
      expect(flawIn(text)).toBeUndefined()
    },
  )

  test('whatever is cut out of a text is judged as the engine judges it', () => {
    const text = fc
      .string({ unit: 'binary' })
      .chain((whole) => fc.nat({ max: whole.length }).map((at) => whole.slice(at)))
    fc.assert(
      fc.property(text, (value) => {
        const isHalf = /\p{Surrogate}/u.test(value)
        expect(flawIn(JSON.stringify({ value })) !== undefined).toBe(isHalf)
      }),
    )
  })
})

test('what is no JSON, or nested beyond reason, takes no time and does no harm', () => {
  const digits = '1234567890123456'
  for (const text of [
    `${'['.repeat(500_000)}${digits}`,
    `"${'\\'.repeat(500_000)}${digits}`,
    digits,
  ])
    expect(() => flawIn(text)).not.toThrow()
})

const UPDATES = [
  ['an integer', '9007199254740993', /arrives as it was written/],
  ['half an emoji', '"\\ud83d"', /surrogate/],
] as const

function post(app: TestApp, path: string, body: string | Uint8Array<ArrayBuffer>) {
  const headers = { 'content-type': 'application/json' }
  return fetch(`${app.url}/api/v1${path}`, { method: 'POST', headers, body })
}

describe.each(UPDATES)('[NUM1][TEXT1] %s', (_what, value, expected) => {
  const data = `{"node_id":"n","property_id":"p","new_value":${value}}`
  const command = `{"session_id":"s","command_type":"UpdateProperty","data":${data}}`

  test.each(DOORS)('is refused with the place at %s, and nothing is stored', async (name) => {
    await using app = await quickApp()
    await (await app.client()).join('s')
    const door = await openDoor(app, name, 's')
    await door.execute('CreateNode', { blueprint_type_id: 't', node_id: 'n' })
    const client = name === '/graph' ? await app.graphClient('s') : await app.client()
    const ask = { namespace: name, event: 'execute_command', json: command }
    const answer =
      name === 'REST'
        ? ((await (await post(app, '/commands/execute', command)).json()) as object)
        : await askInText(client, ask)
    expect(answer).toMatchObject({
      error: {
        code: 'BAD_REQUEST',
        details: [{ path: '/data/new_value', expected: expect.stringMatching(expected) }],
      },
    })
    const { body } = await app.api('GET', '/graph?session_id=s')
    expect(body).toMatchObject({ seq: 1, nodes: [{ properties: {} }] })
  })

  test('is refused with the place in presence, in a search and in a project file', async () => {
    await using app = await quickApp()
    const client = await (await app.client()).join('s')
    const presence = `{"session_id":"s","state":{"at":[${value}]}}`
    const ask = { namespace: '/', event: 'update_presence', json: presence }
    expect(await askInText(client, ask)).toMatchObject({
      error: { code: 'BAD_REQUEST', details: [{ path: '/state/at/0' }] },
    })
    const condition = `{"property_id":"p","operator":"eq","value":${value}}`
    const file = `{"graph":{"nodes":[{"id":"a","type":"t","properties":{"p":${value}}}]}}`
    const asked = [
      ['/graph/search', `{"session_id":"s","property":[${condition}]}`, '/property/0/value'],
      ['/projects/import', file, '/graph/nodes/0/properties/p'],
      ['/projects/import', `{"more":${value},"graph":{"nodes":[]}}`, '/more'],
    ] as const
    for (const [path, body, place] of asked) {
      const answer = await post(app, path, body)
      expect(answer.status).toBe(400)
      expect(await answer.json()).toMatchObject({ error: { details: [{ path: place }] } })
    }
  })
})

test('[TEXT1] half an emoji is refused in a handshake', async () => {
  await using app = await quickApp()
  const actor = { id: 'ada', name: '👍'.slice(0, 1) }
  await expect(app.graphClient('s', { auth: { session_id: 's', actor } })).rejects.toMatchObject({
    data: { code: 'BAD_REQUEST', details: [{ path: '/actor/name' }] },
  })
})

test.each(['/commands/execute', '/projects/import'])(
  '[TEXT1] a body that is not UTF-8 is refused at %s',
  async (path) => {
    await using app = await quickApp()
    // U+D83D on its own, as CESU-8 writes it.
    const body = Uint8Array.from([...Buffer.from('{"a":"'), 0xed, 0xa0, 0xbd, ...Buffer.from('"}')])
    const answer = await post(app, path, body)
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({
      error: { code: 'BAD_REQUEST', message: expect.stringContaining('UTF-8') },
    })
  },
)
