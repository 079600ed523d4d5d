import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { afterTimeout, type After } from '../src/clock.js'
import { ParserThread } from '../src/projects/parsers.js'
import { testApp, type TestApp } from './harness.js'
import { imported, refusal } from './projects-steps.js'
import { bearer, SECRET } from './tokens.js'

/** YAML that is legal and takes its reader far longer than it may take: half a minute. */
function slowTemplate(): string {
  return `- ${'['.repeat(500)}${']'.repeat(500)}\n`.repeat(900)
}

/** YAML below 1 MB that takes its reader more memory than it may take. */
const HEAVY_TEMPLATE = `- [${'[],'.repeat(325_000)}]`

function validate(app: TestApp, template: unknown, headers: object = {}) {
  return app.api('POST', '/templates/validate', { template }, headers)
}

function post(app: TestApp, body: string) {
  const headers = { 'content-type': 'application/json' }
  return fetch(`${app.url}/api/v1/projects/import`, { method: 'POST', headers, body })
}

describe('[LIM20] a template', () => {
  test('that takes too long is refused; commands go on meanwhile, and others are read after it', async () => {
    await using app = await testApp()
    await app.api('POST', '/sessions', { session_id: 's' })
    const client = await (await app.client()).join('s')
    let answered = false
    const slow = validate(app, slowTemplate()).finally(() => (answered = true))
    let commands = 0
    while (!answered) {
      const made = await client.execute('s', 'CreateNode', { blueprint_type_id: 't' })
      expect(made).toMatchObject({ ok: true })
      commands += 1
      await sleep(20)
    }
    expect(await slow).toMatchObject(refusal(422, 'LIMIT_EXCEEDED'))
    // Had the template been read on the main thread, the first command would have ended behind it.
    expect(commands).toBeGreaterThan(2)
    const next = await validate(app, 'node_types: [{ id: a }]')
    expect(next).toMatchObject({ status: 200, body: { valid: true } })
  })

  test('with many keys is read, and repeated ones are found', async () => {
    await using app = await testApp()
    const keys = Array.from({ length: 5_000 }, (_, n) => `k${n}:\n`).join('')
    const { status, body } = await validate(app, `${keys}node_types: []\n`)
    expect([status, body.valid]).toEqual([200, true])
    const repeated = await validate(app, 'node_types: []\na:\n  b: 1\n  c: 2\n  b: 3\n')
    expect(repeated.body.errors).toEqual([
      { path: '', reason: expect.stringMatching(/keys must be unique at line 5, column 3/) },
    ])
  })

  test('that takes too much memory ends its thread and nothing else', async () => {
    const thread = new ParserThread()
    // Of time there is enough, however busy the machine is: the memory is what ends it.
    const read = await thread.ask('template', [HEAVY_TEMPLATE, 'yaml'], { ms: 300_000 })
    const expected = 'what can be read with 256 MB of memory'
    expect(read).toMatchObject({
      ok: false,
      error: { code: 'LIMIT_EXCEEDED', details: [{ expected }] },
    })
    expect(thread.isEnded).toBe(true)
    await using app = await testApp()
    const client = await (await app.client()).join('s')
    expect(await validate(app, HEAVY_TEMPLATE)).toMatchObject(refusal(422, 'LIMIT_EXCEEDED'))
    const made = await client.execute('s', 'CreateNode', { blueprint_type_id: 't' })
    expect(made).toMatchObject({ ok: true })
    // By another thread.
    const next = await validate(app, 'node_types: [{ id: a }]')
    expect(next).toMatchObject({ status: 200, body: { valid: true } })
  })

  test('of somebody who has some waiting is refused; that of somebody else is read', async () => {
    // Whoever waits does so for as long as it takes, however slow the machine is.
    const after: After = (ms, ...rest) => void (ms < 15_000 && afterTimeout(ms, ...rest))
    await using app = await testApp({ args: ['--jwt-secret', SECRET], after })
    const [ann, bob] = [await bearer('ann'), await bearer('bob')]
    const body = JSON.stringify({ template: slowTemplate() })
    const headers = { 'content-type': 'application/json', ...ann }
    const gone = new AbortController()
    const asked = Array.from({ length: 6 }, () =>
      fetch(`${app.url}/api/v1/templates/validate`, {
        method: 'POST',
        headers,
        body,
        signal: gone.signal,
      }),
    )
    // The others are being read, or wait.
    expect((await Promise.race(asked)).status).toBe(429)
    const read = await validate(app, 'node_types: []', bob)
    expect(read).toMatchObject({ status: 200, body: { valid: true } })
    gone.abort()
    await Promise.allSettled(asked)
  })
})

describe('[LIM20] a project file', () => {
  test('of more values than it may have is refused before anything is made of it', async () => {
    await using app = await testApp({ args: ['--max-import-values', '1000'] })
    const file = (count: number) => `{"graph":{"nodes":[]},"x":[{}${',{}'.repeat(count)}]}`
    const refused = await post(app, file(600))
    expect(refused.status).toBe(422)
    expect(await refused.json()).toMatchObject({ error: { code: 'LIMIT_EXCEEDED' } })
    expect((await post(app, file(300))).status).toBe(201)
  })

  test.each([
    ['two graphs', '{"graph":{"nodes":[]},"graph":{"nodes":[]}}'],
    ['two lists of nodes', '{"graph":{"nodes":[],"nodes":[]}}'],
    ['a comma too many', '{"graph":{"nodes":[{"id":"a","type":"t"},]}}'],
    ['a comma alone', '{"graph":{"nodes":[,]}}'],
    ['a node that does not end', '{"graph":{"nodes":[{"id":"a","type":"t"'],
    ['brackets that do not fit', '{"graph":{"nodes":[{"id":"a","type":"t"]}]}'],
    ['a forbidden key', '{"graph":{"nodes":[{"id":"a","type":"t","__proto__":{}}]}}'],
    ['a forbidden key beside the nodes', '{"graph":{"nodes":[]},"x":{"\\u005f_proto__":{}}}'],
    ['no object', '[{"graph":{"nodes":[]}}]'],
    ['nothing', ''],
  ])('with %s is refused', async (_, body) => {
    await using app = await testApp()
    const answer = await post(app, body)
    expect(answer.status).toBe(400)
    expect((await app.api('GET', '/sessions')).body).toMatchObject({ sessions: [] })
  })

  test('may write its keys with escapes, and use those of a file anywhere', async () => {
    await using app = await testApp()
    const node = '{"id":"a","type":"t","properties":{"graph":{"nodes":[{}]},"s":"]},{\\"\\\\"}}'
    const body = `\ufeff{ "x": {"graph":{"nodes":[1]}}, "gr\\u0061ph" : {"nodes" : [ ${node} ] }, "y": [] }`
    const answer = await post(app, body)
    expect(answer.status).toBe(201)
    const { project_id } = (await answer.json()) as { project_id: string }
    const exported = await app.api('GET', `/projects/${project_id}/export`)
    expect(exported.body).toEqual(JSON.parse(body.slice(1)))
  })

  test('that is large comes in by several entries, which undo does not take back', async () => {
    await using app = await testApp()
    const nodes = Array.from({ length: 4_000 }, (_, n) => ({
      id: `n${n}`,
      type: 't',
      properties: { text: 'x'.repeat(200) },
      children: n % 7 === 0 && n < 3_990 ? [1, 2, 3].map((k) => `n${n + k}`) : [],
    }))
    const project = await imported(app, { graph: { nodes } })
    expect(project.graph.seq).toBeGreaterThan(2)
    expect(project.graph.nodes).toHaveLength(4_000)
    const undo = await app.api('POST', `/sessions/${project.session_id}/undo`, {})
    expect(undo).toMatchObject(refusal(409, 'NOTHING_TO_UNDO'))
    await using again = await app.restart()
    const exported = await again.api('GET', `/projects/${project.project_id}/export`)
    expect(exported.body).toEqual({ graph: { nodes } })
  })
})
