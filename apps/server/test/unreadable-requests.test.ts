import { connect } from 'node:net'
import { check, ErrorEnvelope, ERRORS, type ErrorCode } from '@talus/protocol'
import { expect, test } from 'vitest'
import { quickApp, type TestApp } from './harness.js'
import { bearer, SECRET } from './tokens.js'

/** Sends bytes as they are; resolves with what came back before the server hung up. */
function exchangeRaw(app: TestApp, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(app.url)
    const socket = connect({ host: hostname, port: Number(port) })
    let answer = ''
    socket.setEncoding('utf8').on('data', (text: string) => {
      answer += text
    })
    socket.on('error', reject).on('close', () => resolve(answer))
    socket.write(bytes)
  })
}

/** The code of a refusal that has the envelope, the status of its code, and says what was expected. */
function refusalIn(status: number, body: unknown): ErrorCode | undefined {
  const checked = check(ErrorEnvelope, body)
  if (!checked.ok) return undefined
  const { code, details = [] } = checked.value.error
  return ERRORS[code].status === status && details.length > 0 ? code : undefined
}

const head = 'GET /api/v1/health HTTP/1.1\r\nhost: x\r\n'

test.each([
  ['no HTTP', 'GARBAGE\r\n\r\n', 'BAD_REQUEST'],
  ['a header without a name', `${head}: x\r\n\r\n`, 'BAD_REQUEST'],
  ['a length that is no number', `${head}content-length: -1\r\n\r\n`, 'BAD_REQUEST'],
  ['two lengths', `${head}content-length: 1\r\ncontent-length: 2\r\n\r\n`, 'BAD_REQUEST'],
  [
    'chunks and a length',
    `${head}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n`,
    'BAD_REQUEST',
  ],
  ['32 KiB of headers', `${head}x: ${'x'.repeat(32_768)}\r\n\r\n`, 'PAYLOAD_TOO_LARGE'],
] as const)(
  '[CMD1] what is no request is refused in the envelope: %s',
  async (_title, bytes, code) => {
    await using app = await quickApp()
    const answer = await exchangeRaw(app, bytes)
    const status = Number(/^HTTP\/1\.1 (\d+) /.exec(answer)?.[1])
    expect(refusalIn(status, JSON.parse(answer.split('\r\n\r\n')[1] ?? ''))).toBe(code)
    expect((await app.api('GET', '/health')).status).toBe(200)
  },
)

test.each([
  ['a % alone', '%'],
  ['half a character', '%E0%A4%A'],
  ['no hexadecimal digits', '%zz'],
  ['400 characters', 'x'.repeat(400)],
])(
  '[CMD1] a path that the router cannot read is refused in the envelope: %s',
  async (_title, session_id) => {
    await using app = await quickApp()
    const paths = [`/sessions/${session_id}`, `/sessions/s/nodes/${session_id}/history`]
    for (const path of paths) {
      const { status, body } = await app.api('GET', path)
      expect(refusalIn(status, body)).toBe('BAD_REQUEST')
    }
  },
)

test('[AUTH2] a project whose session is gone is refused with a code that its routes declare', async () => {
  await using app = await quickApp({ args: ['--jwt-secret', SECRET] })
  const ann = await bearer('ann')
  const document = { graph: { nodes: [{ id: 'a', type: 't' }] } }
  const { body } = await app.api('POST', '/projects/import', document, ann)
  await app.api('DELETE', `/sessions/${String(body.session_id)}`, undefined, ann)
  for (const method of ['GET', 'DELETE']) {
    const path = `/projects/${String(body.project_id)}`
    const answer = await app.api(method, path, undefined, ann)
    expect(refusalIn(answer.status, answer.body)).toBe('SESSION_NOT_FOUND')
  }
})
