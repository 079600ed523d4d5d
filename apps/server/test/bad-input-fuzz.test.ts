import { ERROR_CODES } from '@talus/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openDoor } from './doors.js'
import { quickApp, type TestApp } from './harness.js'
import { askInText } from './text-packets.js'

// fast-check prints seed and path of a failure; `fc.assert(…, { seed, path })` repeats it.
const RUNS = { numRuns: 300 }

const FIELDS = [
  'session_id',
  'stream',
  'last_seq',
  'epoch',
  'actor',
  'protocol_version',
  'command_id',
  'command_type',
  'data',
  'label',
  'node_id',
  'parent_id',
  'position',
  'properties',
  'property_id',
  'new_value',
  'blueprint_type_id',
  'commands',
  '__proto__',
  'constructor',
  'toString',
]

const WORDS = [
  's',
  'n',
  'changes',
  'events',
  '1.1',
  'CreateNode',
  'DeleteNode',
  'LinkNode',
  'MoveNode',
  'UpdateProperty',
  'Batch',
  '__proto__',
  'constructor',
  '',
]

const leaf = fc.oneof(
  fc.constantFrom(...WORDS),
  fc.constantFrom(null, true, 0, -1, 1.5, 1e308, Number.MAX_SAFE_INTEGER),
  fc.string({ unit: 'binary', maxLength: 20 }),
)

/** JSON text near to what the contract declares: its names in wrong places, with wrong values. */
const { json } = fc.letrec<{ json: string; object: string }>((tie) => ({
  json: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    leaf.map((value) => JSON.stringify(value)),
    fc.array(tie('json'), { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
    tie('object'),
  ),
  object: fc
    .array(fc.tuple(fc.constantFrom(...FIELDS), tie('json')), { maxLength: 6 })
    .map((fields) => fields.map(([key, at]) => `${JSON.stringify(key)}:${at}`))
    .map((fields) => `{${fields.join(',')}}`),
}))

/** A payload whose outer shape is right, so that what is random gets further in. */
const command = fc
  .tuple(fc.constantFrom(...WORDS.filter((word) => /^[A-Z]/.test(word))), json)
  .map(([type, data]) => `{"session_id":"s","command_type":"${type}","data":${data}}`)

const payload = fc.oneof(json, command)

function expectTyped(answer: Record<string, unknown>): void {
  if (answer.ok === true) return
  expect(answer).toMatchObject({ ok: false, error: { message: expect.any(String) } })
  const { code } = answer.error as { code: string }
  expect(ERROR_CODES).toContain(code)
  expect(code).not.toBe('INTERNAL_ERROR')
}

async function expectAlive(app: TestApp): Promise<void> {
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  expect(Object.keys(Object.prototype)).toEqual([])
  const door = await openDoor(app, 'REST', 's')
  expect(await door.execute('CreateNode', { blueprint_type_id: 't' })).toMatchObject({ ok: true })
  const { body } = await app.api('GET', '/graph?session_id=s')
  const changes = await app.api('GET', '/sessions/s/changes?limit=1000')
  const seqs = (changes.body.entries as { seq: number }[]).map(({ seq }) => seq)
  expect(seqs).toEqual(Array.from({ length: Number(body.seq) }, (_, i) => i + 1))
}

describe.each(['/', '/graph'] as const)('[CMD1] %s', (namespace) => {
  const events = namespace === '/' ? ['join_session', 'leave_session'] : []
  const commands = ['execute_command', 'preview_command', 'undo_command', 'redo_command']
  const all = [...events, ...commands, 'update_presence']

  test.each(all)('whatever comes in as %s gets a typed answer', async (event) => {
    await using app = await quickApp()
    await app.graphClient('s')
    const client = namespace === '/' ? await app.client() : await app.graphClient('s')
    await fc.assert(
      fc.asyncProperty(payload, async (text) => {
        expectTyped(await askInText(client, { namespace, event, json: text }))
      }),
      RUNS,
    )
    expect(client.socket.connected).toBe(true)
    await expectAlive(app)
  })
})

test('[CMD1] whatever comes in by REST gets a typed answer', async () => {
  await using app = await quickApp()
  await app.graphClient('s')
  const paths = [
    '/commands/execute',
    '/commands/preview',
    '/sessions/s/undo',
    '/sessions',
    '/graph/search',
  ]
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...paths), payload, async (path, body) => {
      const headers = { 'content-type': 'application/json' }
      const url = `${app.url}/api/v1${path}`
      const response = await fetch(url, { method: 'POST', headers, body })
      const answer = (await response.json()) as Record<string, unknown>
      expect(response.status).toBeLessThan(500)
      if (!response.ok) expectTyped({ ok: false, ...answer })
    }),
    RUNS,
  )
  await expectAlive(app)
})
