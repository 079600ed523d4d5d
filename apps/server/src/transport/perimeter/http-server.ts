import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { ERRORS, type Failure } from '@talus/protocol'
import { errorBody } from '../../dispatch/failures.js'

/** Milliseconds and bytes that keep slow and greedy clients from holding the server. */
export const HTTP_LIMITS = {
  /** A whole request: the largest, a project file of 64 MiB, needs 0.5 MB/s. */
  requestTimeout: 120_000,
  /** No byte either way. Long polls say something every 25 s; WebSockets are not concerned. */
  connectionTimeout: 120_000,
  /** An idle connection; longer than the 60 s after which usual proxies let go of theirs. */
  keepAliveTimeout: 72_000,
} as const

/** What Node itself enforces on the parts of a request. */
export const NODE_LIMITS = {
  /** All headers of a request, in milliseconds. */
  headersTimeout: 20_000,
  /** How often the two are looked at, in milliseconds. */
  connectionsCheckingInterval: 5_000,
  /** Bytes of all headers; a token may have 8 KiB. */
  maxHeaderSize: 16_384,
  /** A request without a host is refused here, one with several by the perimeter. */
  requireHostHeader: true,
  insecureHTTPParser: false,
} as const

const SLOW: Failure = {
  code: 'BAD_REQUEST',
  message: 'The request came too slowly',
  details: [
    {
      path: '',
      expected: `all headers within ${NODE_LIMITS.headersTimeout / 1_000} s, all of the request within ${HTTP_LIMITS.requestTimeout / 1_000} s`,
    },
  ],
}

const LARGE_HEADERS: Failure = {
  code: 'PAYLOAD_TOO_LARGE',
  message: 'The headers are too large',
  details: [{ path: '', expected: `at most ${NODE_LIMITS.maxHeaderSize} bytes of headers` }],
}

const NO_HTTP: Failure = {
  code: 'BAD_REQUEST',
  message: 'The request cannot be read',
  details: [{ path: '', expected: 'a complete request of HTTP/1.1' }],
}

function failureOf(code: string | undefined): Failure {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return SLOW
  return code === 'HPE_HEADER_OVERFLOW' ? LARGE_HEADERS : NO_HTTP
}

/** Answers over a socket that no request is known of any longer, and lets go of it. */
export function answerAndClose(socket: Socket, failure: Failure): void {
  // It may be gone already.
  socket.on('error', () => socket.destroy())
  if (!socket.writable) return void socket.destroy()
  const { status } = ERRORS[failure.code]
  const body = JSON.stringify({ success: false, error: errorBody(failure) })
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'X-Content-Type-Options: nosniff',
    'Cache-Control: no-store',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}

/** What was no request is answered in our words, too. */
export function refuseMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return void socket.destroy()
  answerAndClose(socket, failureOf(error.code))
}
